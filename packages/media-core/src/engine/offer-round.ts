import type { Sdp } from '../sdp/index.ts';
import { wrongState } from './local-description.ts';

type State =
  | { name: 'settled' }
  /** Our offer waits for its answer. */
  | { name: 'offered'; offer: Sdp }
  /** It has one; a fork may answer it again until the next round begins (RFC 3261 §13.2.2.4). */
  | { name: 'answered'; offer: Sdp };

/** Who owes an answer, as far as our own offers go (RFC 3264 §4). */
export class OfferRound {
  private state: State = { name: 'settled' };

  get isOpen(): boolean {
    return this.state.name === 'offered';
  }

  /** @throws StrowgerError `MEDIA_WRONG_STATE` while our offer waits. */
  assertNoOffer(): void {
    if (this.isOpen) throw wrongState('Our offer waits for its answer');
  }

  offered(offer: Sdp): void {
    this.state = { name: 'offered', offer };
  }

  /** The offer that an answer belongs to. @throws StrowgerError `MEDIA_WRONG_STATE`. */
  get offer(): Sdp {
    if (this.state.name === 'settled') throw wrongState('There is no offer to answer');
    return this.state.offer;
  }

  answered(): void {
    this.state = { name: 'answered', offer: this.offer };
  }

  /** An offer was rolled back, or the other side's has been answered. */
  settle(): void {
    this.state = { name: 'settled' };
  }
}
