import { Buffer } from 'node:buffer';
import {
  applyAnswer,
  createOffer,
  emptyRtpHeader,
  isRtcp,
  type LocalMedia,
  negotiateAnswer,
  readDescription,
  readRtcp,
  readRtp,
} from '@strowger/media-core';
import { DESCRIPTIONS, RTCP_PACKETS, RTP_PACKETS } from './seeds.ts';
import { promise, type Target } from './target.ts';

const LOCAL: LocalMedia = {
  address: '192.0.2.1',
  port: 40_000,
  codecs: [
    { name: 'pcmu', payloadType: 0, clockRate: 8000 },
    { name: 'pcma', payloadType: 8, clockRate: 8000 },
    { name: 'telephone-event', payloadType: 101, clockRate: 8000 },
  ],
  direction: 'sendrecv',
  sessionId: '1',
  version: 1,
};
const OFFER = createOffer(LOCAL);

/** A session description, as an offer and as an answer. */
export const sdp: Target = {
  seeds: DESCRIPTIONS,
  run(bytes) {
    const text = Buffer.from(bytes).toString('utf8');
    const read = readDescription(text);
    if (!read.ok) return;
    const outcome = negotiateAnswer({ offer: text, local: LOCAL });
    applyAnswer({ offer: OFFER, answer: text });
    if (!outcome.ok) return;
    const answer = readDescription(outcome.answer);
    promise(answer.ok, 'our answer cannot be read');
    const lines = answer.description.media.length;
    promise(
      lines === read.description.media.length,
      'an answer has other media lines (RFC 3264 §6)',
    );
    promise(
      applyAnswer({ offer: text, answer: outcome.answer }).ok,
      'our answer does not suit the offer',
    );
  },
};

/** An RTP packet. */
export const rtp: Target = {
  seeds: RTP_PACKETS,
  run(bytes) {
    const header = emptyRtpHeader();
    isRtcp(bytes);
    if (!readRtp(bytes, header)) return;
    const { payloadStart, payloadEnd } = header;
    const isWithin = payloadStart >= 12 && payloadStart <= payloadEnd && payloadEnd <= bytes.length;
    promise(isWithin, 'a payload lies outside its packet');
  },
};

/** A compound RTCP packet. */
export const rtcp: Target = {
  seeds: RTCP_PACKETS,
  run(bytes) {
    const packets = readRtcp(bytes);
    if (packets === undefined) return;
    promise(packets.length * 4 <= bytes.length, 'more RTCP packets than their bytes can hold');
  },
};
