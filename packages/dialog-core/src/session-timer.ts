import { Machine, type Timer } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';
import type { TimerSnapshot } from './dialog-snapshot.ts';
import type { HeaderFields } from './dialog-user.ts';
import { type LayerContext, tellStep } from './layer-context.ts';
import {
  agreedInterval,
  answerInterval,
  readMinSe,
  requestFields,
  type SessionInterval,
} from './session-expires.ts';
import {
  type SessionTimerInput,
  type SessionTimerOutput,
  sessionTimerTable,
  type SessionTimerState,
} from './session-timer-table.ts';

/** What the session timer makes its dialog do. */
export interface SessionTimerUser {
  sendRefresh(): void;
  /** Nobody refreshed the session. */
  refreshFailed(): void;
}

/** One for all dialogs without a session timer. */
const NONE: readonly Timer[] = [];
const OFF: SessionTimerState = { name: 'off' };

/** The shell of `sessionTimerTable`, and what our messages say about it. */
export class SessionTimer {
  private readonly surroundings: LayerContext;
  private readonly user: SessionTimerUser;
  private timers: readonly Timer[] = NONE;
  private minSeconds = 0;
  private readonly machine: Machine<SessionTimerState, SessionTimerInput, SessionTimerOutput>;

  constructor(context: LayerContext, user: SessionTimerUser) {
    this.surroundings = context;
    this.user = user;
    this.machine = new Machine(this); // of its own parts: see `tellStep`
  }

  /** @internal */
  get table(): typeof sessionTimerTable {
    return sessionTimerTable;
  }

  /** @internal The table looks at nothing else. */
  get context(): undefined {
    return undefined;
  }

  /** @internal */
  get initial(): SessionTimerState {
    return OFF;
  }

  get state(): SessionTimerState {
    return this.machine.state;
  }

  /** The peer's Min-SE in seconds; 0 where it gave none. */
  get leastSeconds(): number {
    return this.minSeconds;
  }

  /** Goes on with what another process agreed on. */
  restore({ role, seconds, agreedAt, minSeconds = 0 }: TimerSnapshot): void {
    this.minSeconds = minSeconds;
    const at = this.surroundings.runtime.clock.wall();
    const interval = { seconds, weRefresh: role === 'refresher' };
    this.machine.input({ type: 'restored', interval, agreedAt, at });
  }

  /** For an INVITE or UPDATE of ours in the dialog: who refreshes now goes on (RFC 4028 §7.4). */
  requestFields(): HeaderFields {
    const { sessionTimers } = this.surroundings;
    if (sessionTimers === undefined) return [];
    const { state } = this;
    const minSeconds = Math.max(this.minSeconds, sessionTimers.minSeconds);
    if (state.name === 'off') {
      const { intervalSeconds: seconds, refresher } = sessionTimers;
      return requestFields({ seconds: Math.max(seconds, minSeconds), refresher }, minSeconds);
    }
    const refresher = state.name === 'watching' ? 'uas' : 'uac';
    return requestFields({ seconds: state.seconds, refresher }, minSeconds);
  }

  /** Our request has its 2xx. */
  accepted(sent: SipRequest, response: SipResponse): void {
    const { sessionTimers } = this.surroundings;
    if (sessionTimers === undefined) return;
    if (sent.headers.has('Min-SE')) this.minSeconds = readMinSe(sent.headers);
    this.agree(agreedInterval(sent, response, sessionTimers));
  }

  /** We answer 2xx: its header fields; the timer runs from now on. */
  answer(request: SipRequest): HeaderFields {
    const { sessionTimers } = this.surroundings;
    if (sessionTimers === undefined) return [];
    if (request.headers.has('Min-SE')) this.minSeconds = readMinSe(request.headers);
    const answered = answerInterval(request, sessionTimers);
    this.agree(answered?.interval);
    return answered?.fields ?? [];
  }

  /** The dialog is over. */
  close(): void {
    this.machine.input({ type: 'ended' });
  }

  private agree(interval: SessionInterval | undefined): void {
    const at = this.surroundings.runtime.clock.wall();
    this.machine.input({ type: 'agreed', at, ...(interval === undefined ? {} : { interval }) });
  }

  /** @internal */
  onStep(from: SessionTimerState, input: SessionTimerInput, to: SessionTimerState): void {
    tellStep(this.surroundings, 'sessionTimer', { from, input, to });
  }

  /** @internal */
  perform(output: SessionTimerOutput): void {
    switch (output.type) {
      case 'arm': {
        const fire = (): void => void this.machine.input({ type: output.timer });
        this.timers = [...this.timers, this.surroundings.runtime.clock.arm(output.delayMs, fire)];
        return;
      }
      case 'disarm':
        for (const timer of this.timers) timer.cancel();
        this.timers = NONE;
        return;
      case 'sendRefresh':
        return this.user.sendRefresh();
      case 'end':
        return this.user.refreshFailed();
      default:
        output satisfies never;
    }
  }
}
