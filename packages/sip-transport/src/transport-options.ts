import type { Endpoint, Runtime, StrowgerError } from '@strowger/runtime';
import type { SipMessage } from '@strowger/sip-message';
import type { AddressPolicySettings } from './address-policy.ts';
import type { DnsResolver } from './dns-resolver.ts';
import type { AdmissionSettings } from './gate.ts';
import type { Hop, Inbound, TransportName } from './hop.ts';
import type { FlowGone } from './keep-alives.ts';
import type { TransportMiddleware } from './middleware.ts';
import type { Advertised, ListenPoint } from './listen-point.ts';
import type { Refused } from './reception.ts';
import type { SecurityEvent } from './security-events.ts';
import type { TargetChange } from './target-health.ts';
import type { TlsSettings } from './tls-contexts.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { WebSocketSettings } from './web-socket-door.ts';

/** What a layer is made of. */
export interface TransportLayerOptions {
  readonly runtime: Runtime;
  /** Where it hears and sends from: what it listens on is what it can reach. At least one. */
  readonly listen: readonly (ListenPoint | string)[];
  /** What peers are told instead of the bound addresses, where these are not what they see. */
  readonly advertised?: Advertised;
  /**
   * Networks whose peers are told the bound addresses and never the advertised ones, such as
   * `10.0.0.0/8`, `fd00::/8`; this machine is one of them then. Default: all are told the same.
   */
  readonly localNetworks?: readonly string[];
  /**
   * Whether every request is taken as if its Via asked for `rport` (RFC 3581): answers go where it
   * came from, for phones behind a NAT that do not ask. Default false.
   */
  readonly forceRport?: boolean;
  /** Certificates, and how TLS is spoken. */
  readonly tls?: TlsSettings;
  /** Who may speak SIP over a WebSocket, and where. */
  readonly webSocket?: WebSocketSettings;
  /** At least 16 secret bytes, for layers that read each other's flow tokens. Default: of chance. */
  readonly flowTokenKey?: Uint8Array;
  /** Default: the system's name servers, asked by `NameServers`. */
  readonly resolver?: DnsResolver;
  readonly limits?: Partial<TransportLimits>;
  /** Who is let in. */
  readonly admission?: AdmissionSettings;
  /**
   * Whether our requests say that we speak overload control (RFC 7339), for peers that are servers.
   * What a server asks for is obeyed either way: that share of new requests fails with `OVERLOADED`.
   * Default false: phones and most proxies do not know it.
   */
  readonly overloadControl?: boolean;
  /** Where requests may go. */
  readonly addresses?: AddressPolicySettings;
  /** What sees, changes or drops all that passes, in this order for what comes in. */
  readonly middleware?: readonly TransportMiddleware[];
  /**
   * The service class of what leaves (RFC 2474; RFC 4594 says 24, CS3, for signalling), 0 to 63, where
   * it can be marked: streams from Node 24 on (`canMarkStreams`), UDP where the runtime's datagrams are
   * those of datagram-batch. Default: unmarked.
   */
  readonly dscp?: number;
  /** Every request, and every response to what we sent. */
  onMessage(inbound: Inbound): void;
  /** Every message that leaves, for traces; it is not to be changed. */
  onSent?(message: SipMessage, hop: Hop): void;
  /** What was no SIP, or broken. */
  onRefused?(refused: Refused): void;
  /** What peers were refused for, and what was done about it; many of a kind are told as one. */
  onSecurityEvent?(event: SecurityEvent): void;
  /** An error that belongs to no message. */
  onError?(error: StrowgerError): void;
  /** A connection that was open is gone: who was reached over it has to be told a new way. */
  onConnectionGone?(hop: Hop): void;
  /** The same, and of flows whose pings (`keepAlive`) are not answered as they should be. */
  onFlowGone?(gone: FlowGone): void;
  /** A target failed so often that others are tried first, or it is well again. */
  onTargetChange?(change: TargetChange): void;
}

/** A bound address. */
export interface Listening extends Endpoint {
  readonly transport: TransportName;
}

/** What a layer holds at the moment: all zero after `close()`. */
export interface TransportCounts {
  /** Connections whose sockets are not released. */
  readonly connections: number;
  /** Bytes that wait in them. */
  readonly waitingBytes: number;
  /** UDP sockets and listeners. */
  readonly sockets: number;
  /** Source addresses that are kept account of, and bans. */
  readonly sources: number;
  /** Flows that are kept alive. */
  readonly keepAlives: number;
  /** Peers remembered as refusing TCP. */
  readonly tcpRefusedPeers: number;
  /** Targets whose failures are remembered. */
  readonly targets: number;
  /** Answers of DNS that are remembered. */
  readonly dnsEntries: number;
}
