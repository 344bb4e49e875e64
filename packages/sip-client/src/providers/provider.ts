import type { TransportName } from '@strowger/transaction-core';

/** A way to a provider's servers. */
export interface ProviderWay {
  readonly transport: TransportName;
  /** The server; the domain itself where it is absent. */
  readonly host?: string;
  /** Where it is not what DNS or the transport says (RFC 3263). */
  readonly port?: number;
  /** Whether media is encrypted over this way: never, where the other side asks, always. */
  readonly srtp?: 'off' | 'optional' | 'required';
}

/** What is publicly known of a trunk or a PBX. What no source says is left out. */
export interface Provider {
  readonly name: string;
  /** A trunk leads to telephone numbers; a PBX has extensions. */
  readonly kind: 'trunk' | 'pbx' | 'directory';
  /** Of the addresses of record; each customer has one of their own where it is absent. */
  readonly domain?: string;
  /** What a domain of one's own ends with, such as `.pstn.twilio.com`. */
  readonly domainSuffix?: string;
  /** Whether a client registers, or only proves itself when it calls and is called at a known address. */
  readonly registration: 'register' | 'none';
  /** The best first; the first is the default. */
  readonly ways: readonly [ProviderWay, ...ProviderWay[]];
  /** How digits are sent and expected: events (RFC 4733), INFO, tones. */
  readonly digits?: readonly ('rtp' | 'info' | 'inband')[];
  /** Encodings of audio by their names in SDP, in lower case. */
  readonly codecs?: readonly string[];
  /** Where the number that is shown to the callee stands. */
  readonly callerId?: 'From' | 'P-Asserted-Identity' | 'P-Preferred-Identity';
  /** In seconds, what a registration should ask for. */
  readonly expiresSeconds?: number;
  readonly stun?: { readonly host: string; readonly port: number };
  /** What one stumbles over. */
  readonly quirks: readonly string[];
  /** Public pages that say so. */
  readonly sources: readonly string[];
}
