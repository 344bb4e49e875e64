import {
  divertedBy,
  type ForwardCause,
  type Forwarding,
  timesForwarded,
} from '@strowger/session-core';
import { Headers, isSips, parseUri, SipUri, type Uri } from '@strowger/sip-message';
import type { Forwards } from './call-table.ts';
import type { Domain } from './domain.ts';
import {
  type ForwardingRules,
  type ForwardingSource,
  LONGEST_RING_MS,
} from './forwarding-rules.ts';
import { type Destination, type Router, SIPS_NOT_ALLOWED } from './router.ts';

/** What the ways of a call are found with. */
export interface CallRoutesOptions {
  readonly router: Router;
  readonly domain: Domain;
  readonly rules: ForwardingSource | undefined;
  /** How often a call may be forwarded, by us and by others before us. */
  readonly limit: number;
  /** Whether what a phone answers with 3xx is followed, to users of ours. */
  readonly followsRedirects: boolean;
  readonly dialled: string;
  /** Whether it was dialled by `sips:`, and goes no other way from there. */
  readonly isSecure: boolean;
  /** Of the caller's INVITE. */
  readonly received: Headers | undefined;
  /** The user part of an address of ours. */
  userOf(uri: Uri): string | undefined;
}

/** Where a call goes, and where to from there. */
export interface CallRoute {
  readonly destination: Destination;
  readonly forwards: Forwards;
  /** How long it rings there; absent: as long as elsewhere. */
  readonly ringMs?: number;
  /** Whether it was forwarded there. */
  readonly hasMoved: boolean;
}

/** A refusal of the router for who is nowhere. */
const NOWHERE = 480;
/** Loop Detected (RFC 3261 §21.4.20). */
const LOOP = 482;

/**
 * The ways of one call: to who was dialled, and on from there as those want who are called. Nobody is
 * called twice, and it ends where it was forwarded too often, by whomever (RFC 5806, RFC 7044).
 */
export class CallRoutes {
  /** What has happened to it, the earliest first. */
  readonly forwarded: Forwarding[] = [];
  private readonly options: CallRoutesOptions;
  private readonly visited: Set<string>;
  private readonly before: number;
  /** Whom the call is for now. */
  private current: { uri: Uri; rules: ForwardingRules };

  constructor(options: CallRoutesOptions) {
    const { received = new Headers([]), domain, dialled } = options;
    this.options = options;
    this.before = timesForwarded(received);
    this.current = { uri: domain.uri(dialled), rules: {} };
    this.visited = new Set(divertedBy(received).flatMap((uri) => options.userOf(uri) ?? []));
  }

  /** Where it goes first. */
  first(): Promise<CallRoute> {
    return this.toUser(this.options.dialled);
  }

  /** Where it goes as whoever rings is busy, does not answer, or redirects it to `contacts`. */
  async next(
    cause: Exclude<ForwardCause, 'always'>,
    contacts: readonly string[],
  ): Promise<CallRoute> {
    const { rules } = this.current;
    if (cause !== 'redirected') return this.forward(cause, rules[cause]);
    return this.forward(
      cause,
      contacts.find((contact) => this.isTaken(contact)),
    );
  }

  private async toUser(user: string): Promise<CallRoute> {
    const { router, domain, rules: rulesOf, isSecure } = this.options;
    this.visited.add(user);
    const destination = await router.route(user, { isSecure });
    const rules = destination.kind === 'service' ? {} : ((await rulesOf?.(user)) ?? {});
    this.current = { uri: domain.uri(user), rules };
    if (isUnknown(destination)) return this.at(destination);
    if (rules.always !== undefined) return this.forward('always', rules.always);
    const isNowhere = destination.kind === 'refused' && destination.status === NOWHERE;
    if (isNowhere && this.may(rules.noAnswer)) return this.forward('noAnswer', rules.noAnswer);
    return this.at(destination);
  }

  private async forward(cause: ForwardCause, target: string | undefined): Promise<CallRoute> {
    if (target === undefined || !this.may(target)) {
      return this.at({ kind: 'refused', status: cause === 'always' ? LOOP : NOWHERE });
    }
    const to = this.uriOf(target);
    if (to === undefined) return this.at({ kind: 'refused', status: NOWHERE });
    this.forwarded.push({ from: this.current.uri, to, cause });
    const user = this.options.userOf(to);
    if (user !== undefined) return this.toUser(user);
    if (this.options.isSecure && !isSips(to)) {
      return this.at({ kind: 'refused', ...SIPS_NOT_ALLOWED });
    }
    this.visited.add(target);
    this.current = { uri: to, rules: {} };
    return this.at({ kind: 'user', to, bindings: [elsewhere(to)] });
  }

  private at(destination: Destination): CallRoute {
    const { busy, noAnswer, noAnswerMs } = this.current.rules;
    return {
      destination,
      forwards: {
        busy: this.may(busy),
        noAnswer: this.may(noAnswer),
        redirected: this.options.followsRedirects,
      },
      ...(noAnswer === undefined || noAnswerMs === undefined
        ? {}
        : { ringMs: Math.min(noAnswerMs, LONGEST_RING_MS) }),
      hasMoved: this.forwarded.length > 0,
    };
  }

  private may(target: string | undefined): boolean {
    if (target === undefined) return false;
    const to = this.uriOf(target);
    const name = to && (this.options.userOf(to) ?? target);
    const times = this.before + this.forwarded.length;
    return name !== undefined && times < this.options.limit && !this.visited.has(name);
  }

  /** Phones may send a call to users of ours: nobody is called elsewhere on our account. */
  private isTaken(contact: string): boolean {
    const uri = this.uriOf(contact);
    return uri !== undefined && this.options.userOf(uri) !== undefined && this.may(contact);
  }

  private uriOf(target: string): SipUri | undefined {
    if (!/^sips?:/iu.test(target)) return this.options.domain.uri(target);
    const read = parseUri(target);
    if (!read.ok || !(read.value instanceof SipUri)) return undefined;
    return read.value.with({ headers: [] });
  }
}

function isUnknown(destination: Destination): boolean {
  return destination.kind === 'refused' && destination.status !== NOWHERE;
}

/** A contact that nobody registered. */
function elsewhere(uri: Uri) {
  return {
    contact: uri.toString(),
    q: 1,
    expiresAt: Number.MAX_SAFE_INTEGER,
    callId: '',
    cseq: 0,
    updatedAt: 0,
  };
}
