import type { Endpoint, Runtime } from '@strowger/runtime';
import { DtlsConnection, type DtlsIdentity } from '../dtls/index.ts';
import { type MediaSecurity, sameFingerprints, type SrtpKeys } from '../sdp/index.ts';

type DtlsSecurity = Extract<MediaSecurity, { kind: 'dtls' }>;

/** What a keying is made of. */
export interface DtlsKeyingOptions {
  readonly runtime: Runtime;
  readonly identity: DtlsIdentity;
  /** Sends a datagram to the other side; `to` is where its last message came from. */
  send(datagram: Uint8Array, to: Endpoint | undefined): void;
  /** Whether this is where the other side has said that it is, or has shown it. */
  isPeer(from: Endpoint | undefined): boolean;
  /** Keys for packets; `undefined`: none from now on, until there are others. */
  onKeys(keys: { readonly send: SrtpKeys; readonly receive: SrtpKeys } | undefined): void;
  onFailed(reason: string): void;
}

/** Keys by DTLS (RFC 5763): one connection after the other, as the descriptions ask for it. */
export class DtlsKeying {
  private readonly options: DtlsKeyingOptions;
  private security: DtlsSecurity | undefined;
  private connection: DtlsConnection | undefined;
  private isVerified = false;

  constructor(options: DtlsKeyingOptions) {
    this.options = options;
  }

  /**
   * What a round of offer and answer says. A connection stays while the certificate and the role
   * do (RFC 8842 §5.5); `isVerified` where packets come from nowhere but verified addresses.
   */
  configure(security: MediaSecurity, { isVerified }: { isVerified: boolean }): void {
    const wanted = security.kind === 'dtls' ? security : undefined;
    if (isSame(this.security, wanted)) return;
    this.close();
    this.security = wanted;
    this.isVerified = isVerified;
    this.options.onKeys(undefined);
    this.open();
  }

  /** Packets reach the other side from now on: what could not be sent before is sent. */
  nudge(): void {
    this.connection?.resend();
  }

  receive(datagram: Uint8Array, from: Endpoint): void {
    this.connection?.receive(datagram, from);
  }

  /** Says goodbye. Idempotent. */
  close(): void {
    this.connection?.close();
    this.connection = undefined;
  }

  private open(): void {
    const { security, options, isVerified } = this;
    if (security === undefined) return;
    const { clock, random } = options.runtime;
    this.connection = new DtlsConnection({
      role: security.role,
      fingerprints: security.fingerprints,
      identity: options.identity,
      isVerified,
      isPeer: (from) => options.isPeer(from),
      clock,
      random,
      send: (datagram, to) => options.send(datagram, to),
      onSecured: (keys) => options.onKeys(keys),
      onFailed: (reason, from) => this.onFailed(reason, from),
    });
  }

  /** A stranger that made a handshake fail has not spoken for the peer, who may still come. */
  private onFailed(reason: string, from: Endpoint | undefined): void {
    if (from === undefined || this.options.isPeer(from)) this.options.onFailed(reason);
    else this.open();
  }
}

function isSame(before: DtlsSecurity | undefined, now: DtlsSecurity | undefined): boolean {
  if (before === undefined || now === undefined) return before === now;
  return before.role === now.role && sameFingerprints(before.fingerprints, now.fingerprints);
}
