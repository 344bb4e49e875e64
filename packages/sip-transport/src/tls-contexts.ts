import { X509Certificate } from 'node:crypto';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TlsOptions,
} from 'node:tls';
import { StrowgerError } from '@strowger/runtime';
import { identityOf } from './peer-identity.ts';

/** A certificate of ours. */
export interface TlsCertificate {
  /** PEM: our own certificate first, then those between it and the authority. */
  readonly certificate: string | Buffer;
  /** PEM. */
  readonly key: string | Buffer;
  /** Opens `key` where it is encrypted. */
  readonly passphrase?: string;
}

/** The certificates of a layer: what `reloadCertificates` replaces. */
export interface TlsCertificates {
  /**
   * Ours, shown to who connects and to servers that ask. The first is the default; a peer that
   * names a server (SNI) gets the first that is for this name.
   */
  readonly certificates?: readonly TlsCertificate[];
  /** PEM: the authorities that peers' certificates must lead to. Default: those of Node. */
  readonly authorities?: readonly (string | Buffer)[];
}

/** How TLS is spoken. */
export interface TlsSettings extends TlsCertificates {
  /**
   * Whether peers that connect show a certificate: nobody is asked, who has a good one is known by
   * it (`Inbound.peer`), or the connection needs one. Default `'none'`.
   */
  readonly clientCertificates?: 'none' | 'optional' | 'required';
  /** Default `'TLSv1.2'`, the least that RFC 8996 leaves. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL's list of ciphers. Default: Node's. */
  readonly ciphers?: string;
}

interface Named {
  readonly leaf: X509Certificate;
  readonly context: SecureContext;
}

/** What TLS handshakes are made with; may be replaced while connections live. */
export class TlsContexts {
  private readonly settings: TlsSettings;
  private readonly servers = new Set<Server>();
  private shown: SecureContextOptions;
  private named: readonly Named[];
  private connecting: SecureContext;

  /** Throws `BAD_CERTIFICATE`. */
  constructor(settings: TlsSettings) {
    this.settings = settings;
    const built = this.build(settings);
    this.shown = built.shown;
    this.named = built.named;
    this.connecting = built.connecting;
  }

  /** Whether there is a certificate to show to who connects. */
  get canServe(): boolean {
    return this.named.length > 0;
  }

  /** For connections that we open. */
  get client(): SecureContext {
    return this.connecting;
  }

  /** For a server; it is kept up to date once it is attached. */
  get serverOptions(): TlsOptions {
    const { clientCertificates = 'none' } = this.settings;
    return {
      ...this.shown,
      requestCert: clientCertificates !== 'none',
      rejectUnauthorized: clientCertificates === 'required',
      SNICallback: (name, done) => done(null, this.contextFor(name)),
    };
  }

  attach(server: Server): void {
    this.servers.add(server);
  }

  /** Later handshakes use these. Throws `BAD_CERTIFICATE`, and then nothing has changed. */
  reload(certificates: TlsCertificates): void {
    const { shown, named, connecting } = this.build(certificates);
    if (this.servers.size > 0 && named.length === 0) {
      throw badCertificate(new Error('a server needs a certificate'));
    }
    [this.shown, this.named, this.connecting] = [shown, named, connecting];
    for (const server of this.servers) server.setSecureContext(shown);
  }

  close(): void {
    this.servers.clear();
  }

  private contextFor(name: string): SecureContext | undefined {
    const match = this.named.find(({ leaf }) => isFor(leaf, name)) ?? this.named[0];
    return match?.context;
  }

  private build({ certificates = [], authorities }: TlsCertificates): {
    shown: SecureContextOptions;
    named: readonly Named[];
    connecting: SecureContext;
  } {
    const { minVersion = 'TLSv1.2', ciphers } = this.settings;
    const common: SecureContextOptions = {
      minVersion,
      ...(ciphers === undefined ? {} : { ciphers }),
      ...(authorities === undefined ? {} : { ca: [...authorities] }),
    };
    try {
      const all = certificates.map((one) => ({ ...common, ...secureOptions(one) }));
      const named = certificates.map(({ certificate }, index) => ({
        leaf: new X509Certificate(certificate),
        context: createSecureContext(all[index]),
      }));
      const shown = all[0] ?? common;
      return { shown, named, connecting: createSecureContext(shown) };
    } catch (cause) {
      throw badCertificate(cause);
    }
  }
}

function secureOptions({ certificate, key, passphrase }: TlsCertificate): SecureContextOptions {
  return { cert: certificate, key, ...(passphrase === undefined ? {} : { passphrase }) };
}

function isFor(leaf: X509Certificate, name: string): boolean {
  return leaf.checkHost(name) !== undefined || identityOf(leaf).domains.includes(name);
}

function badCertificate(cause: unknown): StrowgerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('BAD_CERTIFICATE', `these certificates cannot be used: ${why}`, {
    cause,
    recovery: { kind: 'fixConfiguration', key: 'tls' },
  });
}
