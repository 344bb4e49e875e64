export type { DnsAnswer, DnsResolver, NaptrRecord, SrvRecord } from './dns-resolver.ts';
export { systemResolver } from './dns-resolver.ts';
export type { Hop, Inbound, TransportName } from './hop.ts';
export type { PeerIdentity } from './peer-identity.ts';
export type { FlowGone, KeepAlive } from './keep-alives.ts';
export { ServerLocation, type ServerLocationOptions } from './server-location.ts';
export { type Advertised, type ListenPoint, parseListenPoint } from './listen-point.ts';
export type { Refused } from './reception.ts';
export {
  type Listening,
  type TransportCounts,
  TransportLayer,
  type TransportLayerOptions,
} from './transport-layer.ts';
export type { TargetChange, TargetOutcome } from './target-health.ts';
export { defaultLimits, type TransportLimits } from './transport-limits.ts';
export type { TlsCertificate, TlsCertificates, TlsSettings } from './tls-contexts.ts';
export type { WebSocketSettings } from './web-socket-door.ts';
export type { TransportMetrics } from './transport-metrics.ts';
