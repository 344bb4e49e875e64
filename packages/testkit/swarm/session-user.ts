import { NameAddr, uri } from '@strowger/sip-message';
import { type Session, SessionManager } from '@strowger/session-core';
import { FakeMediaBackend } from '../src/fake-media.ts';
import type { SimulatedHost } from '../src/simulation-host.ts';
import type { Machine } from '../src/simulation-process.ts';
import { isOver, type Ledger, type Leg, type Outgoing, type User, statusAgain } from './ledger.ts';
import type { Verb } from './plan.ts';
import type { Rows } from './rows.ts';

interface SessionLeg {
  readonly leg: Leg;
  readonly session: Session;
  asked: number;
}

/** A user of sessions, with media that makes and takes real descriptions. */
export class SessionUser implements User {
  readonly name: string;
  private readonly host: SimulatedHost;
  private readonly ledger: Ledger;
  private readonly rows: Rows;
  private manager: SessionManager;
  private legs = new Map<string, SessionLeg>();

  constructor(host: SimulatedHost, ledger: Ledger, rows: Rows) {
    this.host = host;
    this.name = host.name;
    this.ledger = ledger;
    this.rows = rows;
    this.manager = this.boot();
  }

  counts(): object {
    return this.manager.counts();
  }

  kill(): void {
    this.ledger.tell(this.name, 'gone', { callId: '', key: '', detail: 'killed' });
    for (const { leg } of this.legs.values()) if (!isOver(leg)) leg.isLost = true;
    this.legs = new Map();
  }

  restart(): readonly string[] {
    this.manager = this.boot();
    return [];
  }

  call(callId: string, { to, transport, isLateOffer, route }: Outgoing): void {
    if (!this.host.isUp) {
      this.ledger.leg(callId, this.name, 'caller').isLost = true;
      return;
    }
    const session = this.manager.call({
      callId,
      to: uri(`sip:${to}@${to}${transport === 'tcp' ? ';transport=tcp' : ''}`),
      from: new NameAddr({ uri: uri(`sip:${this.name}@${this.name}`) }),
      lateOffer: isLateOffer,
      ...(route === undefined ? {} : { route: [new NameAddr({ uri: uri(route) })] }),
    });
    const leg = this.open(session, 'caller');
    this.expect(leg, 'connected', session.connected, () => {
      leg.leg.outcome = 'accepted';
    });
  }

  perform(callId: string, verb: Verb): void {
    const leg = this.legs.get(callId);
    if (leg === undefined) return;
    void this.attempt(leg, verb);
  }

  /** What the state does not allow is refused with an error, and that is an outcome too. */
  private async attempt(leg: SessionLeg, verb: Verb): Promise<void> {
    const { session } = leg;
    const key = `${session.callId} ${leg.leg.side} ${verb} ${++leg.asked}`;
    this.tell(session, 'asked', key);
    const outcome = (text: string): void => this.tell(session, 'outcome', key, text);
    const { runtime } = this;
    try {
      await this.act(leg, verb);
      if (runtime === this.runtime) outcome('done');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      if (runtime === this.runtime) outcome(String(error.code));
    }
  }

  private act({ leg, session }: SessionLeg, verb: Verb): unknown {
    const isUnanswered = session.direction === 'incoming' && session.isUnanswered;
    switch (verb) {
      case 'ring':
        return isUnanswered && session.ring();
      case 'earlyMedia':
        return isUnanswered && session.progress(183, { withMedia: true });
      case 'answer':
        if (isUnanswered) leg.decision = 'accepted';
        return isUnanswered && session.answer();
      case 'reject':
      case 'busyEverywhere': {
        const status = verb === 'reject' ? 486 : 600;
        if (isUnanswered) leg.decision = `rejected ${status}`;
        return isUnanswered && session.reject(status);
      }
      case 'cancel':
      case 'earlyBye':
        if (session.direction === 'incoming' || leg.outcome !== undefined) return undefined;
        leg.wasCancelled = true;
        return session.hangUp();
      case 'bye':
        if (session.direction === 'incoming' && isUnanswered) return undefined;
        if (session.state !== 'connected' && session.state !== 'onHold') return undefined;
        return session.hangUp();
      case 'hold':
        return session.hold();
      case 'resume':
        return session.resume();
      case 'reinvite':
      case 'lateReinvite':
        return session.renegotiate();
      case 'withdraw':
      case 'info':
      case 'options':
      case 'update':
      case 'earlyUpdate':
      case 'refer':
      case 'ping':
        return undefined;
      default:
        return verb satisfies never;
    }
  }

  private runtime: object = {};

  private boot(): SessionManager {
    const running = this.host.start((machine: Machine) => {
      const { clock } = machine.runtime;
      this.runtime = machine;
      const media = new FakeMediaBackend({ clock, address: this.host.address });
      const manager = new SessionManager({
        runtime: machine.runtime,
        sender: machine,
        media,
        contactUser: this.name,
        onIncoming: (session) => this.takeCall(session),
        onStep: (state, input) => this.rows.take('session-core session', state, input),
      });
      return { manager, receive: (inbound) => manager.receive(inbound) };
    });
    return running.manager;
  }

  private takeCall(session: Session): void {
    const { callId } = session;
    const known = this.legs.get(callId);
    if (known !== undefined || !callId.startsWith('call-')) {
      return session.reject(statusAgain(known?.leg));
    }
    const leg = this.open(session, 'callee');
    this.expect(leg, 'connected', session.connected, () => {
      leg.leg.wasAcknowledged = true;
    });
  }

  private open(session: Session, side: Leg['side']): SessionLeg {
    const leg = this.ledger.leg(session.callId, this.name, side);
    const opened: SessionLeg = { leg, session, asked: 0 };
    this.legs.set(session.callId, opened);
    const key = `${session.callId} session ${session.id}`;
    session.on('terminated', ({ reason }) => {
      const { kind } = reason;
      this.tell(session, 'ended', key, kind);
      leg.ends.push(kind);
      if (side === 'caller') leg.outcome ??= outcomeOf(kind, reason.status);
      else if (kind === 'cancelled') leg.decision = 'cancelled';
      // also where it has accepted: its 200 waits for the PRACK (RFC 3262 §3)
      else if (kind === 'rejected') leg.decision = `rejected ${reason.status}`;
    });
    for (const name of [
      'stateChanged',
      'mediaStateChanged',
      'progress',
      'changeOffered',
    ] as const) {
      session.on(name, () => this.tell(session, 'heard', key, name));
    }
    this.expect(opened, 'ended', session.ended, () => {});
    return opened;
  }

  /** A promise has to settle, as long as its process lives. */
  private expect(
    { leg, session }: SessionLeg,
    name: string,
    promise: Promise<unknown>,
    onFulfilled: () => void,
  ): void {
    const key = `${session.callId} ${leg.side} ${name}`;
    this.tell(session, 'asked', key);
    const settle = async (): Promise<void> => {
      const isFulfilled = await promise.then(
        () => true,
        () => false,
      );
      if (isFulfilled) onFulfilled();
      this.tell(session, 'outcome', key, isFulfilled ? 'fulfilled' : 'rejected');
    };
    void settle();
  }

  private tell(
    { callId }: Session,
    what: Parameters<Ledger['tell']>[1],
    key: string,
    detail = '',
  ): void {
    this.ledger.tell(this.name, what, { callId, key, detail });
  }
}

function outcomeOf(kind: string, status: number | undefined): string {
  return kind === 'rejected' ? `rejected ${status}` : `failed ${kind}`;
}
