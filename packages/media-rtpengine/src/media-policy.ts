import { StrowgerError } from '@strowger/runtime';
import type { EndpointRequest, RelayRequest, Sdp } from '@strowger/session-core';
import { audioLine } from './description.ts';
import type { NgArguments } from './ng-client.ts';

/** What a side of rtpengine that faces a peer offers and takes; rtpengine does the work. */
export interface PeerMediaPolicy {
  /**
   * SRTP: `off` refuses it, `optional` takes what the peer offers and offers plain RTP, `required`
   * offers RTP/SAVP and refuses anything in the clear. Default `optional`.
   */
  readonly srtp?: 'off' | 'optional' | 'required';
  /** How keys are exchanged in our offers: `sdes` (RFC 4568) or `dtls` (RFC 5763). Default `sdes`. */
  readonly keying?: 'sdes' | 'dtls';
  /** ICE: `off` takes its attributes out, `offer` puts rtpengine's own in (RFC 8839). Default `off`. */
  readonly ice?: 'off' | 'offer';
}

/**
 * The policy of one endpoint or end: what it was opened with, else the backend's. `best-effort` is
 * `optional` here, for rtpengine is told no offer that has keys beside plain RTP; whether its ICE is
 * full or lite is its own matter.
 */
export function policyOf(
  peers: PeerMediaPolicy,
  { srtp, keying, ice }: Pick<EndpointRequest, 'srtp' | 'keying' | 'ice'>,
): PeerMediaPolicy {
  const wanted = srtp === 'best-effort' ? 'optional' : srtp;
  const [first] = keying ?? [];
  return {
    ...peers,
    ...(wanted && { srtp: wanted }),
    ...(first && { keying: first }),
    ...(ice && { ice: ice === 'off' ? 'off' : 'offer' }),
  };
}

/** What a relay's request says of one of its ends. */
export function policyAt(
  { srtp, keying, ice }: Pick<RelayRequest, 'srtp' | 'keying' | 'ice'>,
  end: 'a' | 'b',
): Pick<EndpointRequest, 'srtp' | 'keying' | 'ice'> {
  const own = {
    srtp: typeof srtp === 'object' ? srtp[end] : srtp,
    keying: keying && !('map' in keying) ? keying[end] : keying,
    ice: typeof ice === 'object' ? ice[end] : ice,
  };
  return {
    ...(own.srtp && { srtp: own.srtp }),
    ...(own.keying && { keying: own.keying }),
    ...(own.ice && { ice: own.ice }),
  };
}

/** Suites that encrypt nothing, or that nobody uses any more, are not offered (RFC 4568 §6.2). */
const SDES = [
  'NULL_HMAC_SHA1_80',
  'NULL_HMAC_SHA1_32',
  'F8_128_HMAC_SHA1_80',
  'F8_128_HMAC_SHA1_32',
].map((suite) => `no-${suite}`);

/** For a description that goes to a peer in an offer. */
export function towardsPeer({ srtp, keying = 'sdes', ice }: PeerMediaPolicy): NgArguments {
  const isSecure = srtp === 'required';
  const secure = keying === 'dtls' ? 'UDP/TLS/RTP/SAVPF' : 'RTP/SAVP';
  return {
    'transport-protocol': isSecure ? secure : 'RTP/AVP',
    ICE: ice === 'offer' ? 'force' : 'remove',
    DTLS: isSecure && keying === 'dtls' ? 'passive' : 'off',
    SDES: keying === 'dtls' ? ['off'] : SDES,
    'rtcp-mux': ice === 'offer' ? ['offer'] : ['demux'],
  };
}

/** For our answer to a peer: in the profile of its offer, ICE where it began with ICE. */
export function answerTowardsPeer({ ice }: PeerMediaPolicy): NgArguments {
  return {
    ICE: ice === 'offer' ? 'default' : 'remove',
    DTLS: 'passive',
    SDES,
    'rtcp-mux': ['accept'],
  };
}

/** For a description that goes to a program on this side, which speaks plain RTP. */
export const INWARDS: NgArguments = {
  'transport-protocol': 'RTP/AVP',
  ICE: 'remove',
  DTLS: 'off',
  'rtcp-mux': ['demux'],
};

/** @throws StrowgerError `MEDIA_NOT_ACCEPTABLE`, `MEDIA_NOT_ENCRYPTED` for what breaks the policy. */
export function assertPolicy({ srtp = 'optional' }: PeerMediaPolicy, sdp: Sdp): void {
  const audio = audioLine(sdp);
  if (audio === undefined) throw notAcceptable('No audio line is open');
  if (srtp === 'required' && !audio.isSecure) {
    throw new StrowgerError('MEDIA_NOT_ENCRYPTED', 'The peer does not encrypt');
  }
  if (srtp === 'off' && audio.isSecure) throw notAcceptable('Encrypted media is switched off');
}

export function notAcceptable(message: string): StrowgerError {
  return new StrowgerError('MEDIA_NOT_ACCEPTABLE', message);
}

export function wrongState(message: string): StrowgerError {
  return new StrowgerError('MEDIA_WRONG_STATE', message);
}
