import type { CallMedia } from './call-media.ts';
import type { CallerLeg } from './caller-leg.ts';

/** What belongs to an answer. */
export interface AnswerSteps {
  /** Whether the caller still waits for it. */
  isWanted(): boolean;
  /** Begins a recording as soon as both are described: who makes no offer is by its answer alone. */
  record(): Promise<void>;
}

/**
 * The media of a call that is forwarded after the caller has heard somebody. A description that went out
 * in a 183 is the answer to the caller's offer, and stays so until the call is answered (RFC 3264 §4,
 * RFC 6337 §3.1): a browser, above all, has begun its handshake with whose fingerprint it has. Who is
 * called next is offered the same relay, or, where it takes other media than who rang before, as a page
 * and a phone do, one of its own: then the caller is answered with what it was told, and moved there by a
 * re-INVITE at once.
 */
export class ForwardedMedia {
  /** The caller has an answer. */
  private isDescribed = false;
  private isForWebSocket = false;
  /** The relay that the caller's answer is of, where who is called now has another one. */
  private told: CallMedia | undefined;

  /** Whether a new relay has nothing to do with the caller's offer, which was answered. */
  get isTold(): boolean {
    return this.isDescribed;
  }

  /** Whether the caller is still to move to whom it is connected with. */
  get isMoving(): boolean {
    return this.told !== undefined;
  }

  /** The caller was described the relay of now. */
  tell(): void {
    this.isDescribed = true;
  }

  /**
   * The relay for whom the call goes to now; undefined where it takes another one.
   *
   * @param current of who rang before, where somebody did.
   */
  async take(
    current: CallMedia | undefined,
    isForWebSocket: boolean,
  ): Promise<CallMedia | undefined> {
    const isSame = this.isForWebSocket === isForWebSocket;
    this.isForWebSocket = isForWebSocket;
    if (current === undefined) return undefined;
    if (this.isDescribed && isSame) return anew(current);
    const { told } = this;
    if (!this.isDescribed || told !== undefined) {
      await closed(current);
      const again = told && (await anew(told)); // `close` frees it where that fails
      this.told = undefined;
      return again;
    }
    this.told = current;
    return undefined;
  }

  /** Answers the caller; afterwards its media is on the relay of who has answered. */
  async answer(caller: CallerLeg, media: CallMedia, steps: AnswerSteps): Promise<void> {
    const { told } = this;
    const { callerEnd, answer, policies } = told ?? media;
    const sdp = await answer;
    if (told === undefined && sdp !== undefined) await steps.record();
    if (!steps.isWanted()) return;
    await caller.answer(callerEnd, sdp && callerEnd.told(sdp), policies.caller);
    if (told === undefined) return;
    await caller.session.moveMedia(media.callerEnd);
    await this.close();
    await steps.record();
  }

  /** Frees what the caller was told, where that is not its media any more. */
  async close(): Promise<void> {
    const { told } = this;
    this.told = undefined;
    await closed(told);
  }
}

async function anew(media: CallMedia): Promise<CallMedia> {
  await media.offerAgain();
  return media;
}

/** Nobody asks for its statistics. */
async function closed(media: CallMedia | undefined): Promise<void> {
  await media?.close().catch(() => {});
}
