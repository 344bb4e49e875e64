import type { Runtime, Timer } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';
import type { CallEnder, CallLegRecord, CallRecord } from './call-record.ts';
import { outcomeOf } from './call-steps.ts';
import type { CallEnding } from './call-table.ts';
import { type CallParties, CallTimeline } from './call-timeline.ts';

/** What a `ProxiedCalls` is made of. */
export interface ProxiedCallsOptions {
  readonly runtime: Runtime;
  /** After this long without a sign of life an answered call counts as over, in milliseconds. */
  readonly maxCallMs: number;
  onEnded(record: CallRecord): void;
}

/** A call that was taken on. */
export type ProxiedParties = CallParties & { readonly callee?: string };

/** The two ends of a dialog may not have noticed yet that it was not refreshed (RFC 4028 §10). */
const GRACE_MS = 32_000;

/**
 * The calls that pass through a proxy, as far as it can see: it stays on their way (Record-Route), so
 * BYE comes by. Where it never does, the session timer of the phones tells that a call is over (RFC
 * 4028), else `maxCallMs`.
 */
export class ProxiedCalls {
  private readonly options: ProxiedCallsOptions;
  private readonly live = new Map<string, ProxiedCall>();
  /** By the Call-ID and the tag of a callee that has answered. */
  private readonly answered = new Map<string, ProxiedCall>();

  constructor(options: ProxiedCallsOptions) {
    this.options = options;
  }

  /** The calls that nobody has ended. */
  get size(): number {
    return this.live.size;
  }

  /** An INVITE was admitted; its answers come to `receive`. */
  begin(invite: SipRequest, parties: ProxiedParties): void {
    const key = keyOf(invite.callId, invite.fromTag);
    // the same call once more, after a refusal that another answer to the caller has overtaken
    if (this.live.has(key)) return;
    const { runtime } = this.options;
    this.live.set(key, new ProxiedCall(key, invite.callId, parties, runtime));
  }

  /** A response that goes back to whoever sent the request. */
  receive(request: SipRequest, response: SipResponse): void {
    const { method, callId, fromTag, toTag } = request;
    if (method === 'UPDATE' || (method === 'INVITE' && toTag !== undefined)) {
      return this.refreshed(request, response);
    }
    const call = this.live.get(keyOf(callId, fromTag));
    if (call === undefined || method !== 'INVITE' || response.status <= 100) return;
    if (response.status < 200) return call.timeline.rings();
    if (response.status < 300) return this.accept(call, response);
    if (call.dialogs.size === 0) this.end(call, refused(response.status));
  }

  /** A BYE passes: whose dialog it ends is over for its sender, whatever the other end says. */
  hangUp({ callId, fromTag, toTag }: SipRequest): void {
    const fromCaller = this.live.get(keyOf(callId, fromTag));
    const call = fromCaller ?? this.answered.get(keyOf(callId, fromTag));
    const calleeTag = fromCaller === undefined ? fromTag : toTag;
    if (call === undefined || calleeTag === undefined || !call.dialogs.has(calleeTag)) return;
    this.answered.delete(keyOf(callId, calleeTag));
    call.dialogs.delete(calleeTag);
    if (call.dialogs.size > 0) return;
    this.end(call, ended(fromCaller === undefined ? 'callee' : 'caller'));
  }

  /** Writes off what is left: nobody will tell us how it ends. */
  close(reason: string): void {
    for (const call of this.live.values()) {
      const isAnswered = call.dialogs.size > 0;
      const given = { by: 'engine', reason } as const;
      this.end(
        call,
        isAnswered
          ? { outcome: 'answered', status: 200, cause: 16, ...given }
          : { outcome: 'failed', status: 503, ...given },
      );
    }
  }

  private accept(call: ProxiedCall, response: SipResponse): void {
    const { toTag } = response;
    if (toTag === undefined || call.dialogs.has(toTag)) return;
    call.timeline.answers();
    const contacts = response.headers.get('contact');
    const [contact] = Array.isArray(contacts) ? contacts : [];
    call.answers(toTag, String(contact?.uri ?? response.to.uri));
    this.answered.set(keyOf(call.callId, toTag), call);
    this.watch(call, response);
  }

  private refreshed({ callId, fromTag }: SipRequest, response: SipResponse): void {
    const key = keyOf(callId, fromTag);
    const call = this.live.get(key) ?? this.answered.get(key);
    if (call === undefined || response.status < 200 || response.status > 299) return;
    this.watch(call, response);
  }

  private watch(call: ProxiedCall, { headers }: SipResponse): void {
    const { runtime, maxCallMs } = this.options;
    const seconds = secondsOf(headers.raw('Session-Expires')[0]);
    const isTimed = seconds !== undefined;
    const delayMs = isTimed ? Math.min(seconds * 1000 + GRACE_MS, maxCallMs) : maxCallMs;
    const reason = isTimed ? 'notRefreshed' : 'maxCallMs';
    call.timer?.cancel();
    call.timer = runtime.clock.arm(delayMs, () => {
      this.end(call, { outcome: 'answered', status: 200, cause: 102, by: 'engine', reason });
    });
  }

  private end(call: ProxiedCall, ending: CallEnding): void {
    call.timer?.cancel();
    this.live.delete(call.key);
    for (const tag of call.dialogs) this.answered.delete(keyOf(call.callId, tag));
    this.options.onEnded(call.record(ending));
  }
}

/** One call, as its proxy sees it. */
class ProxiedCall {
  readonly key: string;
  readonly callId: string;
  readonly timeline: CallTimeline;
  /** The tags of the callees that have answered and not hung up. */
  readonly dialogs = new Set<string>();
  timer: Timer | undefined;
  private readonly id: string;
  private readonly parties: ProxiedParties;
  private readonly callees: CallLegRecord[] = [];

  constructor(key: string, callId: string, parties: ProxiedParties, runtime: Runtime) {
    this.key = key;
    this.callId = callId;
    this.parties = parties;
    this.id = runtime.random.token(128);
    this.timeline = new CallTimeline(runtime.clock);
  }

  answers(tag: string, remote: string): void {
    this.dialogs.add(tag);
    this.callees.push({ role: 'callee', callId: this.callId, remote, status: 200 });
  }

  record(ending: CallEnding): CallRecord {
    const { id, parties, timeline, callId, callees } = this;
    const { status } = ending;
    const legs = [{ role: 'caller' as const, callId, remote: parties.caller, status }, ...callees];
    return timeline.record(ending, timeline.ends(), { id, ...parties, legs });
  }
}

function refused(status: number): CallEnding {
  if (status === 487) return { outcome: 'cancelled', status, by: 'caller' };
  if (status === 408 || status === 480) return { outcome: 'noAnswer', status, by: 'engine' };
  const outcome = outcomeOf(status);
  return { outcome, status, by: outcome === 'failed' ? 'engine' : 'callee' };
}

function ended(by: CallEnder): CallEnding {
  return { outcome: 'answered', status: 200, cause: 16, by };
}

function keyOf(callId: string, tag: string | undefined): string {
  return `${callId}\n${tag ?? ''}`;
}

/** The first number of a Session-Expires (RFC 4028 §4). */
function secondsOf(value: string | undefined): number | undefined {
  const seconds = Number.parseInt(value ?? '', 10);
  return Number.isSafeInteger(seconds) && seconds > 0 ? seconds : undefined;
}
