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
  type Sdp,
} from '../sdp/index.ts';

/** What stays the same in all descriptions of an endpoint. */
export interface LocalDescriptionOptions {
  address: string;
  port: number;
  ssrc: number;
  cname: string;
  random: Random;
}

/** What a description says this time. */
export interface Wanted {
  codecs: readonly CodecDescription[];
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

/** Passes what fits on. Host names are not resolved for media: no packet may wait for DNS. */
function usable<T extends { media: NegotiatedMedia }>(outcome: Negotiated<T>): T {
  if (!outcome.ok) throw notAcceptable(`${outcome.reason.message} (${outcome.reason.section})`);
  const { address, rtcp } = outcome.media.remote;
  if (isIP(address) === 0 || isIP(rtcp.address) === 0) {
    throw notAcceptable(`${address} is no IP address`);
  }
  return outcome;
}

export function notAcceptable(message: string): StrowgerError {
  return new StrowgerError('MEDIA_NOT_ACCEPTABLE', message);
}

export function wrongState(message: string): StrowgerError {
  return new StrowgerError('MEDIA_WRONG_STATE', message);
}
