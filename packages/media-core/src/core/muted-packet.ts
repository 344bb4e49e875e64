import type { NegotiatedMedia } from '../sdp/index.ts';
import type { RtpHeader } from '../rtp/rtp.ts';

/** What silence is made of, byte by byte, where a codec has such a byte (ITU-T G.711, G.722). */
const SILENT_BYTE: Readonly<Record<string, number>> = {
  pcmu: 0xff,
  pcma: 0xd5,
  g722: 0xfa,
  l16: 0,
};
/** The least comfort noise (RFC 3389 §3.1). */
const LEAST_NOISE = 127;

/**
 * Makes silence of a packet that came as `media` says and passes on to somebody who shall hear none;
 * what is no sound stays as it is. `false` where that takes an encoder: then nothing is to be sent.
 */
export function silencePacket(
  packet: Uint8Array,
  { payloadType, payloadStart, payloadEnd }: RtpHeader,
  media: Pick<NegotiatedMedia, 'receive'> | undefined,
): boolean {
  const format = media?.receive.find((one) => one.payloadType === payloadType);
  if (format === undefined) return true;
  const { name } = format.codec;
  const silence = name === 'cn' ? LEAST_NOISE : SILENT_BYTE[name];
  if (silence !== undefined) packet.fill(silence, payloadStart, payloadEnd);
  return silence !== undefined;
}
