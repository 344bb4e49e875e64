import { isIP } from 'node:net';
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
  type Sdp,
  type SdpRefused,
} from '../sdp/index.ts';

/** What stays the same in all descriptions of an endpoint. */
export interface LocalDescriptionOptions {
  address: string;
  port: number;
  random: Random;
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
  private version = 1;
  private last: Sdp | undefined;

  constructor({ random, ...fixed }: LocalDescriptionOptions) {
    this.fixed = { ...fixed, sessionId: String(random.uint32()) };
  }

  offer(wanted: Wanted): Sdp {
    const previous = this.last === undefined ? {} : { previous: this.last };
    return this.write((version) => createOffer(this.media(wanted, version), previous));
  }

  /** @throws StrowgerError `MEDIA_NOT_ACCEPTABLE` where nothing fits. */
  answer(offer: Sdp, wanted: Wanted): { answer: Sdp; media: NegotiatedMedia } {
    const answered = (version: number): { answer: Sdp; media: NegotiatedMedia } =>
      usable(negotiateAnswer({ offer, local: this.media(wanted, version) }));
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
      assertAddresses(relayed.a);
      assertAddresses(relayed.b);
      return relayed;
    };
    const relayed = made(this.version);
    return { ...relayed, answer: this.write((version) => made(version).answer) };
  }

  private relayed({ codecs, direction }: Passing, version: number): RelayLocal {
    return { ...this.fixed, version, direction, ...(codecs && { codecs }) };
  }

  private media(wanted: Wanted, version: number): LocalMedia {
    return { ...this.fixed, ...wanted, version };
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

/** What our offer and their answer make. @throws StrowgerError `MEDIA_NOT_ACCEPTABLE`. */
export function agree(offer: Sdp, answer: Sdp): NegotiatedMedia {
  return usable(applyAnswer({ offer, answer })).media;
}

function usable<T extends { media: NegotiatedMedia }>(outcome: Negotiated<T>): T {
  if (!outcome.ok) throw refused(outcome);
  assertAddresses(outcome.media);
  return outcome;
}

function refused({ reason }: SdpRefused): StrowgerError {
  return notAcceptable(`${reason.message} (${reason.section})`);
}

/** Host names are not resolved for media: no packet may wait for DNS. */
function assertAddresses({ remote: { address, rtcp } }: NegotiatedMedia): void {
  if (isIP(address) !== 0 && isIP(rtcp.address) !== 0) return;
  throw notAcceptable(`${address} is no IP address`);
}

export function notAcceptable(message: string): StrowgerError {
  return new StrowgerError('MEDIA_NOT_ACCEPTABLE', message);
}

export function wrongState(message: string): StrowgerError {
  return new StrowgerError('MEDIA_WRONG_STATE', message);
}
