export * from './audio/index.ts';
export * from './codec/index.ts';
export type { LatenessHistogram } from './core/ticker.ts';
export type {
  EndpointRequest,
  EndpointRtp,
  EndpointSecurity,
  MediaEndpoint,
  MediaEndpointEvent,
  MediaEngine,
  MediaIntent,
  MediaStats,
  PerEnd,
  RecordedStream,
  FeedEndpoint,
  RecordingFeedRequest,
  RelayRequest,
  StreamRequest,
} from './engine/media-backend.ts';
export type {
  AudioSource,
  Cleared,
  DigitOptions,
  FinishedRecording,
  MarkOutcome,
  PcmFrame,
  Playback,
  PlayOptions,
  RecordFormat,
  RecordOptions,
  RecordTarget,
  StoredRecordTarget,
  Recording,
} from './engine/media-capabilities.ts';
export type {
  ConferenceMember,
  ConferenceMemberOptions,
  ConferenceMemberRequest,
  ConferenceRequest,
  MediaConference,
  MediaConferenceStats,
} from './engine/media-conference.ts';
export { createMediaEngine } from './engine/media-engine.ts';
export type {
  MediaEngineOptions,
  RelaySettings,
  TranscodePolicy,
} from './engine/media-engine-options.ts';
export { RtpStream } from './engine/rtp-stream.ts';
export type { TurnServer } from './ice/index.ts';
export * from './manager/index.ts';
export * from './quality/index.ts';
export type { RemoteAddressSettings } from './engine/remote-policy.ts';
export * from './rtp/index.ts';
export * from './sdp/index.ts';
export type { AnswererOptions, AnswererOutcome, SpeechOptions } from './speech/index.ts';
export {
  COUNTRY_TONES,
  type Cadence,
  type CadenceStep,
  type CountryTones,
  type HeardTone,
  type ProgressToneName,
  type ToneOptions,
} from './tones/index.ts';
export {
  ATTRIBUTES as STUN_ATTRIBUTES,
  isStun,
  METHODS as STUN_METHODS,
  readStun,
  readXorAddress,
  type StunClass,
  type StunMessage,
  type StunParts,
  writeStun,
  xorAddress,
} from './stun/index.ts';
export { type PacketSigner, packetSigner, SrtpReceiver, SrtpSender } from './srtp/index.ts';
