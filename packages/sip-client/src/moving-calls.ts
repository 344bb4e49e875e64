import type { Runtime } from '@strowger/runtime';
import type { Session } from '@strowger/session-core';
import type { Uri } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import type { Line } from './line.ts';
import type { ClientTransport } from './sip-client-options.ts';

/** What calls are moved with. */
export interface MovingCallsOptions {
  readonly runtime: Runtime;
  readonly transport: ClientTransport;
  /** Whether media finds its way by an ICE restart. */
  readonly restartsIce: boolean;
}

/** Answered calls whose other side is told that we are elsewhere. */
export class MovingCalls {
  private readonly options: MovingCallsOptions;
  /** Where the media of a call that has moved is, by the session's id. */
  private readonly movedTo = new Map<string, string>();

  constructor(options: MovingCallsOptions) {
    this.options = options;
  }

  /** The address of the media of a call that has moved. */
  addressOf(sessionId: string): string | undefined {
    return this.movedTo.get(sessionId);
  }

  /** The machine has another address: signalling and media go there. */
  async move(session: Session, line: Line): Promise<void> {
    const { id } = session;
    const hop = await this.wayOf(session);
    if (hop === undefined) return;
    if (!this.movedTo.has(id)) void session.ended.then(() => this.movedTo.delete(id));
    this.movedTo.set(id, line.addressTowards(hop));
    const iceRestart = this.options.restartsIce;
    session.relocate(hop, { iceRestart, contact: line.contactParts(hop) });
  }

  /** Signalling alone has moved, as where a NAT gave us another port: media flows on. */
  async tellContact(session: Session, line: Line): Promise<void> {
    const hop = await this.wayOf(session);
    if (hop === undefined || !line.isServer(hop.address)) return; // nothing has changed for others
    session.relocate(hop, { keepsMedia: true, contact: line.contactParts(hop) });
  }

  /** Where the requests of a call go that is answered, and not about to end. */
  private async wayOf(session: Session): Promise<Hop | undefined> {
    const { dialog, id: sessionId } = session;
    if (dialog === undefined) return undefined;
    const target: Uri = dialog.routeSet[0]?.uri ?? dialog.remoteTarget;
    try {
      const [hop] = await this.options.transport.locate(target, 0);
      const isLive = session.dialog === dialog && dialog.state === 'confirmed';
      return isLive && isAnswered(session) ? hop : undefined;
    } catch (error) {
      this.options.runtime.logger.warn({ err: error, sessionId }, 'no way to the peer');
      return undefined;
    }
  }
}

function isAnswered({ state }: Session): boolean {
  return state === 'connected' || state === 'onHold' || state === 'transferring';
}
