import { Buffer } from 'node:buffer';
import {
  applyAnswer,
  createOffer,
  explainNegotiation,
  formatDescription,
  emptyRtpHeader,
  isRtcp,
  type LocalMedia,
  negotiateAnswer,
  readDescription,
  readRtcp,
  readRtp,
  readTrickleFragment,
  relayAnswer,
  relayOffer,
  writeTrickleFragment,
} from '@strowger/media-core';
import { DESCRIPTIONS, FRAGMENTS, RTCP_PACKETS, RTP_PACKETS } from './seeds.ts';
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
  security: {
    policy: 'optional',
    crypto: [
      {
        suite: 'AES_CM_128_HMAC_SHA1_80',
        masterKey: new Uint8Array(16),
        masterSalt: new Uint8Array(14),
      },
    ],
    fingerprints: [{ hash: 'sha-256', value: new Uint8Array(32) }],
  },
  ice: { ufrag: 'abcd', pwd: 'p'.repeat(22), lite: true, candidates: [] },
};
const OFFER = createOffer(LOCAL);
const PLACE = { address: '192.0.2.1', port: 40_002, sessionId: '2', version: 1 };

/** A session description, as an offer and as an answer. */
export const sdp: Target = {
  seeds: DESCRIPTIONS,
  run(bytes) {
    const text = Buffer.from(bytes).toString('utf8');
    const read = readDescription(text);
    if (!read.ok) return;
    const written = formatDescription(read.description);
    const again = readDescription(written);
    promise(again.ok && formatDescription(again.description) === written, 'a line was lost');
    const outcome = negotiateAnswer({ offer: text, local: LOCAL });
    applyAnswer({ offer: OFFER, answer: text });
    relayOffer({ offer: text, local: { ...PLACE, linePorts: new Map([[1, 40_004]]) } });
    relayAnswer({ offer: OFFER, answerFromB: text, local: PLACE });
    const { accepted } = explainNegotiation({ offer: text, local: LOCAL });
    promise(accepted === outcome.ok, 'an explanation says something else');
    if (!outcome.ok) return;
    const answer = readDescription(outcome.answer);
    promise(answer.ok, 'our answer cannot be read');
    const lines = answer.description.media.length;
    promise(
      lines === read.description.media.length,
      'an answer has other media lines (RFC 3264 §6)',
    );
    const applied = applyAnswer({ offer: text, answer: outcome.answer });
    promise(applied.ok, 'our answer does not suit the offer');
    promise(
      applied.media.security.kind === outcome.media.security.kind,
      'the two sides take each other for encrypted and in the clear',
    );
  },
};

/** Candidates that come later. */
export const trickle: Target = {
  seeds: FRAGMENTS,
  run(bytes) {
    const read = readTrickleFragment(Buffer.from(bytes).toString('utf8'));
    if (!read.ok) return;
    const again = readTrickleFragment(writeTrickleFragment(read.fragment));
    promise(again.ok, 'a fragment that we wrote cannot be read');
    promise(
      JSON.stringify(again.fragment) === JSON.stringify(read.fragment),
      'a fragment that we wrote is read as another',
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
