export { type AudioSettings, createAudioAnswer, createAudioOffer } from './audio-description.ts';
export { type CodecDescription, TELEPHONE_EVENT } from './codec.ts';
export { type MediaDirection, mirrored, narrowed, receives, sends } from './direction.ts';
export { type CryptoAttribute, formatCrypto, parseCrypto, sameKeys } from './crypto-attribute.ts';
export {
  formatFingerprint,
  parseFingerprint,
  sameFingerprints,
  type Setup,
} from './dtls-attributes.ts';
export { includesEvent, readParameters } from './format-parameters.ts';
export { formatIceCandidate, type IceCandidate, parseIceCandidate } from './ice-candidate.ts';
export { type IceDescription, isIceRestart, type NegotiatedIce } from './ice-description.ts';
export type { LocalMedia } from './local-media.ts';
export { extractMediaConfig, type MediaConfig } from './media-config.ts';
export {
  type Fingerprint,
  type FingerprintHash,
  type Keying,
  type MediaSecurity,
  SRTP_SUITES,
  type SrtpKeys,
  type SrtpPolicy,
  type SrtpSuite,
} from './media-security.ts';
export type { Negotiated, SdpRefusal, SdpRefusalCode, SdpRefused } from './negotiated.ts';
export type {
  NegotiatedComfortNoise,
  NegotiatedEvents,
  NegotiatedMedia,
  PayloadFormat,
} from './negotiated-media.ts';
export { applyAnswer, createOffer, type EarlierRounds, negotiateAnswer } from './offer-answer.ts';
export {
  type NegotiatedRelay,
  type PayloadTypeMap,
  relayAnswer,
  type RelayedRound,
  type RelayLocal,
  relayOffer,
} from './relay.ts';
export {
  type LineDestination,
  MOST_PASSED_LINES,
  passableLines,
  type RelayedLine,
} from './relay-lines.ts';
export type { HeaderExtension, MediaAttributes } from './media-attributes.ts';
export type { LocalSecurity } from './srtp-negotiation.ts';
export { SdpContext, type SdpContextMedia, type SdpState } from './sdp-context.ts';
export {
  type CodecExplanation,
  explainNegotiation,
  type LineExplanation,
  type NegotiationExplanation,
} from './explanation.ts';
export { SDP_LIMITS, type SdpLine } from './sdp-lines.ts';
export type { Connection, MediaLine, Origin } from './sdp-fields.ts';
export {
  formatDescription,
  type MediaDescription,
  readDescription,
  type Sdp,
  type SessionDescription,
} from './session-description.ts';
export {
  readTrickleFragment,
  TRICKLE_FRAGMENT_TYPE,
  type TrickledLine,
  type TrickleFragment,
  writeTrickleFragment,
} from './trickle-fragment.ts';
