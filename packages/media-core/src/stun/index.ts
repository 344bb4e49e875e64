export {
  ATTRIBUTES,
  isSignedWith,
  isStun,
  METHODS,
  readStun,
  type StunClass,
  type StunMessage,
  type StunParts,
  writeStun,
} from './stun-message.ts';
export {
  errorCode,
  readErrorCode,
  readUint32,
  readUtf8,
  readXorAddress,
  uint32,
  utf8,
  xorAddress,
} from './stun-values.ts';
