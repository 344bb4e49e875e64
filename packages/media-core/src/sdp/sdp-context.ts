import { StrowgerError } from '@strowger/runtime';
import type { LocalMedia } from './local-media.ts';
import type { Negotiated } from './negotiated.ts';
import type { NegotiatedMedia } from './negotiated-media.ts';
import { applyAnswer, createOffer, type EarlierRounds, negotiateAnswer } from './offer-answer.ts';
import type { Sdp } from './session-description.ts';

/** Where a session's offers and answers are (RFC 3264 §4): whose answer is awaited, if any. */
export type SdpState = 'initial' | 'offerSent' | 'offerReceived' | 'complete';

/** What one side has, without what the context itself keeps. */
export type SdpContextMedia = Omit<LocalMedia, 'version'>;

type Round =
  | { readonly name: 'none' }
  /** Our offer waits for its answer. */
  | { readonly name: 'offerSent'; readonly offer: Sdp }
  /** It has one; a fork may answer it again until the next round begins (RFC 3261 §13.2.2.4). */
  | { readonly name: 'answered'; readonly offer: Sdp }
  /** Theirs waits for ours. */
  | { readonly name: 'offerReceived'; readonly offer: Sdp };

/** What the last completed round gave. */
interface Agreement {
  readonly local: Sdp;
  readonly remote: Sdp;
  readonly media: NegotiatedMedia;
}

/**
 * Offer and answer of one dialog as they follow each other: descriptions of both sides, versions
 * that count changes (RFC 3264 §8), an offer that waits, and what was agreed, which a refused offer
 * leaves as it was. Wrong turns of the program throw `MEDIA_WRONG_STATE`; what the peer sends gives
 * a value.
 */
export class SdpContext {
  private round: Round = { name: 'none' };
  private agreement: Agreement | undefined;
  private lastWritten: Sdp | undefined;
  private lastVersion = 1;

  get state(): SdpState {
    const { name } = this.round;
    if (name === 'offerSent' || name === 'offerReceived') return name;
    return this.agreement ? 'complete' : 'initial';
  }

  /** Of the description that we wrote last. */
  get version(): number {
    return this.lastVersion;
  }

  /** Our description of the last completed round. */
  get localDescription(): Sdp | undefined {
    return this.agreement?.local;
  }

  /** The other side's. */
  get remoteDescription(): Sdp | undefined {
    return this.agreement?.remote;
  }

  /** What both made. */
  get media(): NegotiatedMedia | undefined {
    return this.agreement?.media;
  }

  /** The offer that waits for its answer, whoever made it. */
  get pendingOffer(): Sdp | undefined {
    const { round } = this;
    return round.name === 'offerSent' || round.name === 'offerReceived' ? round.offer : undefined;
  }

  /** What a later round has to know of those before. */
  get earlier(): EarlierRounds {
    const { agreement } = this;
    return agreement ? { previous: agreement.local, agreed: agreement.media } : {};
  }

  /** Writes our offer. @throws StrowgerError `MEDIA_WRONG_STATE`, `BAD_MEDIA_DESCRIPTION`. */
  createOffer(local: SdpContextMedia): Sdp {
    return this.sendOffer((version) => createOffer({ ...local, version }, this.earlier));
  }

  /** The same for an offer that `describe` writes, once or twice, with the version that it is given. */
  sendOffer(describe: (version: number) => Sdp): Sdp {
    this.assertNoOffer();
    const offer = this.write(describe);
    this.round = { name: 'offerSent', offer };
    return offer;
  }

  /** Our offer that an answer belongs to. @throws StrowgerError `MEDIA_WRONG_STATE`. */
  get answerableOffer(): Sdp {
    const { round } = this;
    if (round.name === 'offerSent' || round.name === 'answered') return round.offer;
    throw wrongState('There is no offer to answer');
  }

  /** Takes the answer to our offer; where it does not fit, the offer goes on waiting. */
  acceptAnswer(answer: Sdp): Negotiated<{ media: NegotiatedMedia }> {
    const offer = this.answerableOffer;
    const { media: agreed } = this;
    const applied = applyAnswer({ offer, answer, ...(agreed && { agreed }) });
    if (applied.ok) this.answered(answer, applied.media);
    return applied;
  }

  /** Our offer was answered, and `media` is what that means. */
  answered(answer: Sdp, media: NegotiatedMedia): void {
    const offer = this.answerableOffer;
    this.round = { name: 'answered', offer };
    this.agreement = { local: offer, remote: answer, media };
  }

  /** Keeps an offer of theirs until `createAnswer`. @throws StrowgerError `MEDIA_WRONG_STATE`. */
  receiveOffer(offer: Sdp): void {
    this.assertNoOffer();
    this.round = { name: 'offerReceived', offer };
  }

  /** Answers the offer that was received; where nothing fits, it goes on waiting. */
  createAnswer(local: SdpContextMedia): Negotiated<{ answer: Sdp; media: NegotiatedMedia }> {
    const { round, media: agreed } = this;
    if (round.name !== 'offerReceived') throw wrongState('No offer waits for our answer');
    const { offer } = round;
    const answered = (version: number) =>
      negotiateAnswer({ offer, local: { ...local, version }, ...(agreed && { agreed }) });
    const outcome = answered(this.lastVersion);
    if (!outcome.ok) return outcome;
    const answer = this.sendAnswer(outcome.media, (version) => {
      const again = answered(version);
      return again.ok ? again.answer : outcome.answer;
    });
    return { ok: true, answer, media: outcome.media };
  }

  /** The same for an answer that `describe` writes, as `sendOffer` does an offer. */
  sendAnswer(media: NegotiatedMedia, describe: (version: number) => Sdp): Sdp {
    const { round } = this;
    if (round.name !== 'offerReceived') throw wrongState('No offer waits for our answer');
    const local = this.write(describe);
    this.agreement = { local, remote: round.offer, media };
    this.round = { name: 'none' };
    return local;
  }

  /**
   * Takes a round that was made elsewhere: what we write later goes on from `version`, that of the local
   * description (RFC 3264 §8). @throws StrowgerError `MEDIA_WRONG_STATE` while an offer waits.
   */
  adopt({ version, ...agreement }: Agreement & { readonly version: number }): void {
    this.assertNoOffer();
    this.round = { name: 'none' };
    this.agreement = agreement;
    this.lastWritten = agreement.local;
    this.lastVersion = version;
  }

  /** The offer that waits was refused (488, 491): what was agreed before holds again. */
  rollback(): void {
    this.round = { name: 'none' };
  }

  /** @throws StrowgerError `MEDIA_WRONG_STATE` while an offer waits, whoever made it. */
  assertNoOffer(): void {
    if (this.round.name === 'offerSent') throw wrongState('Our offer waits for its answer');
    if (this.round.name === 'offerReceived') throw wrongState('An offer waits for our answer');
  }

  /** A description like the last one keeps its version; any other has the next. */
  private write(describe: (version: number) => Sdp): Sdp {
    let description = describe(this.lastVersion);
    if (this.lastWritten !== undefined && description !== this.lastWritten) {
      description = describe(++this.lastVersion);
    }
    this.lastWritten = description;
    return description;
  }
}

function wrongState(message: string): StrowgerError {
  return new StrowgerError('MEDIA_WRONG_STATE', message);
}
