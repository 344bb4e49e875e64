export { type HmacSha1, hmacSha1 } from './hmac-sha1.ts';
export { SrtpReceiver, SrtpSender } from './srtp-context.ts';
