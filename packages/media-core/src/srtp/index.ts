export { type GhashKey, type HmacKey, type PacketSigner, packetSigner } from './packet-signer.ts';
export { SrtpReceiver, SrtpSender } from './srtp-context.ts';
