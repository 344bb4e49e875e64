export { DelayEstimator } from './delay-estimator.ts';
export { JitterBuffer } from './jitter-buffer.ts';
export type { JitterBufferOptions, JitterBufferStats } from './jitter-buffer-settings.ts';
export type { PacketDecoder, PushedPacket } from './packet-decoder.ts';
export {
  type HeaderExtensionElement,
  readHeaderExtensions,
  writeHeaderExtensions,
} from './header-extension.ts';
export { Reception, type ReceptionReport } from './reception.ts';
export {
  readRtcp,
  type ReportBlock,
  type RtcpPacket,
  type RtcpReport,
  type SenderInfo,
  writeRtcp,
} from './rtcp.ts';
export { type IntervalInput, rtcpIntervalMs } from './rtcp-interval.ts';
export {
  emptyRtpHeader,
  isRtcp,
  readRtp,
  RTP_HEADER_LENGTH,
  type RtpHeader,
  sequenceDistance,
  timestampDistance,
  writeRtpHeader,
} from './rtp.ts';
export { type RtpPacketParts, writeRtpPacket } from './rtp-packet.ts';
export type { VoipMetrics } from './voip-metrics.ts';
