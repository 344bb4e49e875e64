import { StrowgerError, type Random } from '@strowger/runtime';
import {
  applyAnswer,
  type CodecDescription,
  createOffer,
  type LocalMedia,
  type MediaDirection,
  negotiateAnswer,
  type Negotiated,
  type NegotiatedMedia,
  type NegotiatedRelay,
  relayAnswer,
  type RelayLocal,
  relayOffer,
  type MediaDescription,
  type Sdp,
  type SdpRefused,
} from '../sdp/index.ts';
import type { RemotePolicy } from './remote-policy.ts';

/** What stays the same in all descriptions of an endpoint. */
export interface LocalDescriptionOptions {
  address: string;
  port: number;
  random: Random;
  /** Where media may go. */
  remotes: RemotePolicy;
}

/** What a description says this time. */
export interface Wanted {
  codecs: readonly CodecDescription[];
  direction: MediaDirection;
}

/** What may pass a relay. */
export interface Passing {
  /** Encoding names; all where it is absent. */
  codecs: readonly { name: string }[] | undefined;
  direction: MediaDirection;
}

/** Writes the descriptions of one endpoint: one origin, versions that count changes (RFC 3264 §8). */
export class LocalDescription {
  private readonly fixed: Omit<LocalMedia, 'version' | 'codecs' | 'direction'>;
  private readonly remotes: RemotePolicy;
  private version = 1;
  private last: Sdp | undefined;

  constructor({ random, remotes, ...fixed }: LocalDescriptionOptions) {
    this.remotes = remotes;
    this.fixed = { ...fixed, sessionId: String(random.uint32()) };
  }

  offer(wanted: Wanted): Sdp {
    const previous = this.last === undefined ? {} : { previous: this.last };
    return this.write((version) => createOffer(this.media(wanted, version), previous));
  }

  /** @throws StrowgerError `MEDIA_NOT_ACCEPTABLE` where nothing fits. */
  answer(offer: Sdp, wanted: Wanted): { answer: Sdp; media: NegotiatedMedia } {
    const answered = (version: number): { answer: Sdp; media: NegotiatedMedia } =>
      this.usable(negotiateAnswer({ offer, local: this.media(wanted, version) }));
    const { media } = answered(this.version);
    return { answer: this.write((version) => answered(version).answer), media };
  }

  /** The offer that hands on what `offer` says (see `relayOffer`). */
  relayedOffer(offer: Sdp, passing: Passing): Sdp {
    const previous = this.last === undefined ? {} : { previous: this.last };
    const derived = (version: number): Sdp => {
      const made = relayOffer({ offer, local: this.relayed(passing, version), ...previous });
      if (!made.ok) throw refused(made);
      return made.offer;
    };
    return this.write(derived);
  }

  /** The answer that hands on what the far side answered (see `relayAnswer`). */
  relayedAnswer(
    round: { offer: Sdp; relayed: Sdp; answerFromB: Sdp },
    passing: Passing,
  ): NegotiatedRelay {
    const made = (version: number): NegotiatedRelay => {
      const relayed = relayAnswer({ ...round, local: this.relayed(passing, version) });
      if (!relayed.ok) throw refused(relayed);
      this.assertAddresses(relayed.a);
      this.assertAddresses(relayed.b);
      return relayed;
    };
    const relayed = made(this.version);
    return { ...relayed, answer: this.write((version) => made(version).answer) };
  }

  /** What our offer and their answer make. @throws StrowgerError `MEDIA_NOT_ACCEPTABLE`. */
  agree(offer: Sdp, answer: Sdp): NegotiatedMedia {
    return this.usable(applyAnswer({ offer, answer })).media;
  }

  /** @throws StrowgerError `MEDIA_NOT_ACCEPTABLE` where media of this line may not go. */
  assertReachable({ connections, rtcp }: MediaDescription): void {
    const [first] = connections;
    if (first !== undefined) this.assertPermitted(first.address);
    if (rtcp?.address !== undefined) this.assertPermitted(rtcp.address);
  }

  private relayed({ codecs, direction }: Passing, version: number): RelayLocal {
    return { ...this.fixed, version, direction, ...(codecs && { codecs }) };
  }

  private media(wanted: Wanted, version: number): LocalMedia {
    return { ...this.fixed, ...wanted, version };
  }

  private usable<T extends { media: NegotiatedMedia }>(outcome: Negotiated<T>): T {
    if (!outcome.ok) throw refused(outcome);
    this.assertAddresses(outcome.media);
    return outcome;
  }

  private assertAddresses({ remote }: NegotiatedMedia): void {
    this.assertPermitted(remote.address);
    this.assertPermitted(remote.rtcp.address);
  }

  /** Host names are not resolved for media: no packet may wait for DNS. */
  private assertPermitted(address: string): void {
    if (this.remotes.permits(address)) return;
    throw notAcceptable(`media does not go to ${address}`);
  }

  /** A description like the last one keeps its version; any other has the next. */
  private write(describe: (version: number) => Sdp): Sdp {
    let description = describe(this.version);
    if (this.last !== undefined && description !== this.last) {
      description = describe(++this.version);
    }
    this.last = description;
    return description;
  }
}

function refused({ reason }: SdpRefused): StrowgerError {
  return notAcceptable(`${reason.message} (${reason.section})`);
}

export function notAcceptable(message: string): StrowgerError {
  return new StrowgerError('MEDIA_NOT_ACCEPTABLE', message);
}

export function wrongState(message: string): StrowgerError {
  return new StrowgerError('MEDIA_WRONG_STATE', message);
}
