import type { IncomingRefer, ReferProgress } from '@strowger/dialog-core';
import type { ReferDecision, Session, SessionManager } from '@strowger/session-core';
import type { Call } from './call.ts';
import type { Side } from './call-table.ts';
import type { TransferTarget } from './call-transfers.ts';
import type { Router } from './router.ts';

/** What REFERs are decided with. */
export interface ReferralsOptions {
  readonly router: Router;
  sessions(): SessionManager;
  /** The call that a session is of. */
  callOf(session: Session): Call | undefined;
}

/**
 * Transfers that phones ask for by REFER: the engine does them itself, between its own legs. A phone
 * may only move its own calls, and only to users of ours.
 */
export class Referrals {
  private readonly options: ReferralsOptions;

  constructor(options: ReferralsOptions) {
    this.options = options;
  }

  /** Decides on a REFER within a call (RFC 3515, RFC 5589). */
  async decide(session: Session, refer: IncomingRefer): Promise<ReferDecision> {
    const call = this.options.callOf(session);
    const by = call?.sideOf(session);
    if (call === undefined || by === undefined || call.state !== 'connected') return DECLINED;
    if (call.userOf(by) === undefined) return FORBIDDEN;
    return refer.replaces === undefined
      ? this.blind({ call, by, session }, refer)
      : this.attended({ call, by, session }, refer);
  }

  private async blind(
    { call, by, session }: Asker & { session: Session },
    refer: IncomingRefer,
  ): Promise<ReferDecision> {
    const { router } = this.options;
    const dialled = router.dialledUri(refer.referTo.uri, refer.inbound);
    if (dialled === undefined) return FORBIDDEN; // nobody is called elsewhere on our account
    const isSecure = session.dialog?.isSecure === true;
    return this.to(await router.route(dialled, { isSecure }), { call, by });
  }

  private to(
    destination: Awaited<ReturnType<Router['route']>>,
    { call, by }: Asker,
  ): ReferDecision {
    if (destination.kind === 'refused') return { kind: 'refuse', status: destination.status };
    if (destination.kind === 'service') return { kind: 'refuse', status: 488 };
    return take((progress) => call.startTransfer(by, destination, progress));
  }

  /** The asker has two calls with us, and wants the other parties of both to talk. */
  private async attended(
    { call, by, session }: Asker & { session: Session },
    { replaces }: IncomingRefer,
  ): Promise<ReferDecision> {
    if (replaces === undefined) return DECLINED;
    const { callId, toTag, fromTag } = replaces;
    const replaced = this.options.sessions().findSessionForDialog(callId, fromTag, toTag);
    const other = replaced && this.options.callOf(replaced);
    const side = replaced && other?.sideOf(replaced);
    if (replaced === undefined || other === undefined || side === undefined || other === call) {
      return { kind: 'refuse', status: 481 };
    }
    if (other.userOf(side) !== call.userOf(by) || replaced === session) return FORBIDDEN;
    const give: Side = side === 'caller' ? 'callee' : 'caller';
    const party = other.sessionOf(give);
    if (other.state !== 'connected' || party === undefined) {
      return { kind: 'refuse', status: 486 };
    }
    const target: TransferTarget = {
      kind: 'session',
      session: party,
      user: other.userOf(give),
      isBehindWebSocket: other.isBehindWebSocket(give),
      give: (told) => other.giveAway(give, told),
    };
    return take((progress) => call.startTransfer(by, target, progress));
  }
}

interface Asker {
  readonly call: Call;
  readonly by: Side;
}

const DECLINED: ReferDecision = { kind: 'refuse', status: 603 };
const FORBIDDEN: ReferDecision = { kind: 'refuse', status: 403 };

function take(start: (progress: ReferProgress) => void): ReferDecision {
  return { kind: 'take', start };
}
