export {
  type CallThreads,
  type CallThreadsOptions,
  startCallThreads,
} from './spread/call-threads.ts';
export { newCallId, ownerOf, owningCallId } from './spread/call-owner.ts';
export type { Seat, SpreadMode } from './spread/seat.ts';
export { SpreadTransport, type SpreadTransportOptions } from './spread/spread-transport.ts';
export { joinCallThreads } from './spread/thread-entry.ts';
export type { AddressPolicySettings } from './address-policy.ts';
export type { Ban } from './ban-list.ts';
export type { Bans } from './bans.ts';
export type { DnsAnswer, DnsResolver, NaptrRecord, SrvRecord } from './dns-resolver.ts';
export { systemResolver } from './dns-resolver.ts';
export type { AdmissionSettings } from './gate.ts';
export { NameServers, type NameServersOptions } from './name-servers.ts';
export type { Hop, Inbound, TransportName } from './hop.ts';
export type { PeerIdentity } from './peer-identity.ts';
export type { FlowGone, KeepAlive } from './keep-alives.ts';
export { ServerLocation, type ServerLocationOptions } from './server-location.ts';
export { type Advertised, type ListenPoint, parseListenPoint } from './listen-point.ts';
export type { TransportMiddleware, WireOrigin } from './middleware.ts';
export { canMarkStreams } from './service-class.ts';
export {
  respondStateless,
  sendStateless,
  type StatelessAnswer,
  type StatelessSender,
} from './stateless.ts';
export type { Refused } from './reception.ts';
export { knownScanners } from './scanners.ts';
export type { SecurityEvent, SecurityEventType, SecuritySeverity } from './security-events.ts';
export { TransportLayer } from './transport-layer.ts';
export type { Listening, TransportCounts, TransportLayerOptions } from './transport-options.ts';
export type { TargetChange, TargetOutcome } from './target-health.ts';
export { defaultLimits, type TransportLimits } from './transport-limits.ts';
export type { TlsCertificate, TlsCertificates, TlsSettings } from './tls-contexts.ts';
export type { WebSocketSettings } from './web-socket-door.ts';
export type { TransportMetrics } from './transport-metrics.ts';
export {
  WebSocketClient,
  type WebSocketClientOptions,
  type WebSocketLike,
} from './web-socket-client.ts';
