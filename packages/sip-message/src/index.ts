export { type BodyLimits, DEFAULT_BODY_LIMITS } from './body-limits.ts';
export { type BodyPart, leafParts, parseMultipart, readBody } from './body-part.ts';
export { type BodyPartInit, composeMultipart, type MultipartOptions } from './compose-multipart.ts';
export {
  acceptHeaders,
  type Disposition,
  dispositionOf,
  type HandlingOptions,
  refuseBody,
} from './content-disposition.ts';
export { type FragmentStart, SipFragment, type SipFragmentInit } from './sip-fragment.ts';
export { Challenge, type ChallengeInit } from './challenge.ts';
export { Credentials, type CredentialsInit } from './credentials.ts';
export { createResponse, type ResponseOptions } from './create-response.ts';
export { statelessTag } from './stateless-tag.ts';
export type { CSeq } from './cseq.ts';
export type {
  DialogReference,
  ExtensionHeaderTypes,
  Identity,
  RAck,
  Reason,
  ResourcePriority,
  SessionExpires,
  SessionId,
  TargetDialog,
} from './extension-types.ts';
export type {
  BasicHeaderTypes,
  HeaderTypes,
  InfoLink,
  RetryAfter,
  TokenWithParams,
  Warning,
} from './header-types.ts';
export { type HeaderField, headerField, type HeaderInput } from './header-input.ts';
export { Headers, type HeaderValue } from './headers.ts';
export type { LocatedHead } from './head.ts';
export { DEFAULT_LIMITS, type Limits, limitsOf } from './limits.ts';
export type { MediaType } from './media-type.ts';
export {
  type SipMessage,
  SipRequest,
  type SipRequestInit,
  SipResponse,
  type SipResponseInit,
} from './message.ts';
export { NameAddr } from './name-addr.ts';
export { Params, type ParamStyle } from './params.ts';
export { type ParseOptions, parseMessage } from './parse-message.ts';
export { reasonPhrase } from './reason-phrase.ts';
export { type Parsed, type Refusal, SipMessageError } from './refusal.ts';
export { serializeMessage } from './serialize-message.ts';
export { SipUri, type SipUriInit } from './sip-uri.ts';
export { OtherUri, TelUri } from './tel-uri.ts';
export { isSips, parseUri, type Uri, uri } from './uri.ts';
export { validateMessage, type ValidationScope } from './validate-message.ts';
export { Via } from './via.ts';
export {
  type AnswerInput,
  answerChallenge,
  computeHa1,
  computeServerProof,
  computeUserHash,
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  digestAlgorithm,
  verifyCredentials,
  verifyServerProof,
} from './digest.ts';
export { StreamFramer, type StreamFramerOptions } from './stream-framer.ts';
export { refusalResponse } from './refusal-response.ts';
