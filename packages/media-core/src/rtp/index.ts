export {
  type HeaderExtensionElement,
  readHeaderExtensions,
  writeHeaderExtensions,
} from './header-extension.ts';
export { JitterBuffer, type JitterBufferOptions, type JitterBufferStats } from './jitter-buffer.ts';
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
