import type {
  Dialog,
  IncomingInvite,
  OutgoingInvite,
  OutgoingReinvite,
} from '@strowger/dialog-core';
import { description, versionOf } from './description.ts';
import type { Ledger, Leg } from './ledger.ts';

interface LegOptions {
  readonly ledger: Ledger;
  readonly leg: Leg;
  readonly callId: string;
  readonly number: number;
  readonly address: string;
}

/** One side of a call at a user of dialogs: what it holds, and its session descriptions. */
export class DialogLeg {
  readonly leg: Leg;
  readonly callId: string;
  incoming: IncomingInvite | undefined;
  outgoing: OutgoingInvite | undefined;
  reinviting: OutgoingReinvite | undefined;
  dialog: Dialog | undefined;
  /** Its last early dialog, while nobody has answered. */
  early: Dialog | undefined;
  /** Whether our answer went with a provisional response. */
  isAnsweredEarly = false;
  isHeld = false;
  /** Requests so far: names them in the ledger. */
  asked = 0;
  private readonly options: LegOptions;
  private version = 0;

  constructor(options: LegOptions) {
    this.options = options;
    this.leg = options.leg;
    this.callId = options.callId;
  }

  /** The early dialog where an UPDATE may bring an offer before the call is answered (RFC 3311 §5.1). */
  get readyForOffer(): Dialog | undefined {
    const { early } = this;
    const isReady = early?.state === 'early' && early.offerState.name === 'complete';
    return isReady ? early : undefined;
  }

  /** A new description of ours. */
  describe(): { type: string; content: string } {
    const { number, address } = this.options;
    this.version++;
    return description(number, this.version, { address, isHeld: this.isHeld });
  }

  negotiated(offer: string, answer: string): void {
    const detail = `${versionOf(offer)} / ${versionOf(answer)}`;
    this.tell('negotiated', this.callId, detail);
  }

  tell(what: Parameters<Ledger['tell']>[1], key: string, detail = ''): void {
    this.options.ledger.tell(this.leg.host, what, { callId: this.callId, key, detail });
  }

  /** The name of the next request. */
  nextKey(method: string): string {
    this.asked++;
    return `${this.callId} ${this.leg.side} ${method} ${this.asked}`;
  }
}
