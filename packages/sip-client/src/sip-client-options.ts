import type { CodecDefinition, TurnServer } from '@strowger/media-core';
import type { Runtime } from '@strowger/runtime';
import type {
  EndpointRequest,
  MediaBackend,
  SpeechOptions,
  ToneOptions,
} from '@strowger/session-core';
import type { SipMessage, SipUri } from '@strowger/sip-message';
import type { Hop, Inbound, MessageSender } from '@strowger/transaction-core';
import type { AccountOptions } from './account.ts';
import type { Call } from './call.ts';
import type { ServiceEvents, ServiceOptions } from './incoming-services.ts';
import type { RegistrationChange } from './registration-table.ts';

/** What a client is made of. Only `uri` is needed. */
export interface SipClientOptions extends AccountOptions, ServiceOptions {
  /**
   * Where it hears and sends from, such as `udp:192.168.1.5:5060`; what it listens on is what it
   * can reach. Default: any port of the address that reaches the server, by the server's transport.
   */
  readonly listen?: readonly string[];
  /** Whom TLS and WSS believe, and what they show. Default: the authorities of Node, nothing. */
  readonly tls?: ClientTlsOptions;
  /** How servers are asked for a WebSocket (RFC 7118). */
  readonly webSocket?: {
    /** The path in the server's URL. Default `/`. */
    readonly path?: string;
    /** The `Origin` that we show. Default: none. */
    readonly origin?: string;
  };
  readonly media?: {
    /** Default: the address that reaches the other side of the signalling. */
    readonly address?: string;
    /** UDP ports for RTP. Default 10000 to 19999. */
    readonly ports?: { readonly from: number; readonly to: number };
    /** In order of preference, by name or as your own. Default `pcmu`, `pcma`, `g722`, `opus`. */
    readonly codecs?: readonly (string | CodecDefinition)[];
    /**
     * Whether media is encrypted (SRTP): `off` never, `optional` (default) where the other side asks
     * for it, `best-effort` where it can (RFC 8643), `required` always, else no call.
     */
    readonly srtp?: NonNullable<EndpointRequest['srtp']>;
    /**
     * How keys come about, preferred first: in the description (`sdes`, RFC 4568: use a `transport`
     * that is encrypted, too), by a handshake between the two ends (`dtls`, RFC 5763). Default `sdes`,
     * then `dtls`.
     */
    readonly keying?: NonNullable<EndpointRequest['keying']>;
    /**
     * Whether calls offer ICE (RFC 8445), and take it where it is offered: `full` finds a way through
     * NATs, `lite` is for whom everybody reaches, `off` (the default) sends to where the description
     * says.
     */
    readonly ice?: NonNullable<EndpointRequest['ice']>;
    /** Who tells where we are seen (RFC 8489): IP addresses, no names. For `ice: 'full'`. */
    readonly stunServers?: readonly { readonly address: string; readonly port: number }[];
    /** Relays for where nothing else works (RFC 8656), over UDP; the first is used. */
    readonly turnServers?: readonly TurnServer[];
    /** Which ways of sending digits are listened to; default events (RFC 4733). INFO always is. */
    readonly digits?: readonly ('rtp' | 'inband')[];
    /** Tells by `call.session.on('speechStarted')` and its kin when the other side speaks. */
    readonly speech?: SpeechOptions;
    /** Tells by `call.session.on('tone')` what the network says: ring back, busy, and their kin. */
    readonly tones?: ToneOptions;
    /** Whether silence is told instead of sent, where the other side can, too (RFC 3389). Default not. */
    readonly comfortNoise?: boolean;
  };
  /**
   * Somebody we talk to asks us to call somebody else (REFER): whether we do. Default: no. The new
   * call is told by `transferred`.
   */
  readonly onTransfer?: (request: TransferRequest) => boolean | Promise<boolean>;
  /**
   * A caller wants to take the place of one whom we talk to (Replaces), as in an attended transfer.
   * Default: whether it calls through our server. The new call is told by `replaced`.
   */
  readonly onReplace?: (request: ReplaceRequest) => boolean | Promise<boolean>;
  /** The value of User-Agent and Server. Default `strowger`. */
  readonly userAgent?: string;
  /**
   * Whether a change of this machine's addresses is noticed, and followed as by `networkChanged()`.
   * Default `true`.
   */
  readonly followNetwork?: boolean;
  /** Default: the real one. */
  readonly runtime?: Runtime;
  /** Told of every SIP message, for traces and ladders; it is not to be changed. */
  readonly onMessage?: (trace: MessageTrace) => void;
  /** Other ways to the network than sockets: a simulated one. */
  readonly connect?: (hooks: TransportHooks) => ClientTransport;
  /** Another media backend than the engine in this process. */
  readonly openMedia?: (address: string) => MediaBackend;
}

/** Certificates of a client. All are PEM. */
export interface ClientTlsOptions {
  /** The authorities that the server's certificate must lead to. Default: those of Node. */
  readonly authorities?: readonly (string | Buffer)[];
  /** Our own, for servers that ask for one, and for `tls:` and `wss:` in `listen`. */
  readonly certificate?: string | Buffer;
  readonly key?: string | Buffer;
}

/** A SIP message as it passed. */
export interface MessageTrace {
  readonly direction: 'sent' | 'received';
  readonly message: SipMessage;
  /** The other side. */
  readonly hop: Hop;
  /** Wall time in milliseconds since 1970. */
  readonly at: number;
}

/** What a transport tells a client. */
export interface TransportHooks {
  onMessage(inbound: Inbound): void;
  onSent(message: SipMessage, hop: Hop): void;
  /** A connection is gone. */
  onConnectionGone(hop: Hop): void;
  /** Over UDP: nobody answers `keepAlive` there any more, or a NAT has given us another place. */
  onFlowGone(gone: { readonly hop: Hop }): void;
}

/** What a client needs of a transport. */
export interface ClientTransport extends MessageSender {
  /** The addresses of this machine may have changed. */
  networkChanged?(): void;
  /**
   * Opens what leads to a server, where it is not open yet: for accounts that came later. Rejects with
   * `LISTEN_FAILED`.
   */
  reach?(server: SipUri): Promise<void>;
  /** Pings a peer that answers (RFC 5626 §4.4). Throws what `TransportLayer.keepAlive` does. */
  keepAlive?(hop: Hop, everyMs: number): { stop(): void };
  /** Sends what nobody answers, so that a NAT keeps its binding. Throws as `keepAlive`. */
  keepBinding?(hop: Hop, everyMs: number): { stop(): void };
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Who is asked to be called instead. */
export interface TransferRequest {
  /** With whom we talk, and who asks. */
  readonly call: Call;
  /** Whom we shall call: a URI. */
  readonly target: string;
  /** Whether it takes the place of a call that the other side has with the target. */
  readonly attended: boolean;
  /** Who is said to have asked (RFC 3892). */
  readonly referredBy?: string;
}

/** Who wants to take whose place. */
export interface ReplaceRequest {
  /** The call that would end. */
  readonly call: Call;
  /** The one that would be answered in its stead. */
  readonly by: Call;
  /** Whether it came from the address of our server. */
  readonly isFromServer: boolean;
}

/** The events of a client. */
export interface SipClientEvents extends ServiceEvents {
  registration: RegistrationChange;
  /**
   * We are elsewhere in the network: the registration is renewed, and each call moves there. `address` is the
   * one that leads to the server; a page knows none.
   */
  networkChanged: { readonly address?: string };
  incoming: Call;
  /** Asked by the other side of `call`, we call somebody else: `onTransfer` has allowed it. */
  transferred: { readonly call: Call; readonly replacement: Call };
  /** `by` was answered in the place of `call`: `onReplace` has allowed it. */
  replaced: { readonly call: Call; readonly by: Call };
}

/** What a call may be given. */
export interface ClientCallOptions {
  /** Aborting gives the call up: CANCEL, or BYE where the answer won the race. */
  readonly signal?: AbortSignal;
  /** How long it may ring, in milliseconds. Default 60,000. */
  readonly ringTimeoutMs?: number;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Whether its media is encrypted; default: as all calls' (`media.srtp`). */
  readonly srtp?: NonNullable<EndpointRequest['srtp']>;
  /** How its keys come about; default: as all calls' (`media.keying`). */
  readonly keying?: NonNullable<EndpointRequest['keying']>;
}
