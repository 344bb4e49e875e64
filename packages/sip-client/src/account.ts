import { StrowgerError } from '@strowger/runtime';
import { NameAddr, parseUri, SipUri } from '@strowger/sip-message';
import type { CredentialSource, TransportName } from '@strowger/transaction-core';

/** Who the client is, and how it proves it. */
export interface AccountOptions {
  /** The address of record, such as `sip:alice@pbx.example`. */
  readonly uri: string;
  readonly password?: string;
  /** The name in the digest where it is not the user of `uri`. */
  readonly username?: string;
  readonly displayName?: string;
  /**
   * Where requests go first, such as `sip:127.0.0.1:5060;transport=tcp`: the registrar, and the
   * proxy for calls. Default: what RFC 3263 finds for the domain of `uri`.
   */
  readonly server?: string;
  /** The transport where `server` names none. Default `udp`, `tls` for a `sips:` URI. */
  readonly transport?: TransportName;
  /** How long a registration shall last, in seconds, from 60 to 86,400. Default 300. */
  readonly expiresSeconds?: number;
  /**
   * What tells this device from all others of the account, and stays the same for its life: a URN
   * such as `urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6` (RFC 5626 §4.1). With it the registrar is
   * asked for a GRUU, which is our Contact from then on (RFC 5627). None by default.
   */
  readonly instanceId?: string;
  /**
   * Whether our Contact is what the registrar sees of us where that is something else: the address and
   * port that a NAT gives to our UDP (`received` and `rport`, RFC 3581). Over connections it is not: the
   * registrar reaches us over the one that we have opened. Default `true`.
   */
  readonly contactRewrite?: boolean;
  /**
   * The longest time between two packets that keep the binding of a NAT while we are registered over
   * UDP, in milliseconds: 5000 to 3,600,000, or 0 for none. Each time is drawn from 80 to 100 % of it.
   * Default 29,000 (RFC 5626 §4.4.2).
   */
  readonly keepAliveMs?: number;
}

/** An account whose parts were checked. */
export interface Account {
  readonly uri: SipUri;
  /** From, and To of REGISTER. */
  readonly identity: NameAddr;
  /** Where requests go first. */
  readonly server: SipUri;
  /** The request URI of REGISTER: the domain, without user (RFC 3261 §10.2). */
  readonly registrar: SipUri;
  readonly credentials: CredentialSource | undefined;
  readonly expiresSeconds: number;
  readonly instanceId: string | undefined;
  /** Whether the application has named the server, or it is what DNS knows of the domain. */
  readonly isServerGiven: boolean;
  readonly contactRewrite: boolean;
  readonly keepAliveMs: number;
}

/** Checks what the application gave. Throws `BAD_ACCOUNT` with the reason. */
export function readAccount(options: AccountOptions): Account {
  const uri = sipUri('uri', options.uri);
  if (uri.user === undefined) throw badAccount('uri', `${options.uri} has no user`);
  const { expiresSeconds = 300, displayName, instanceId } = options;
  if (!(expiresSeconds >= 60 && expiresSeconds <= 86_400)) {
    throw badAccount('expiresSeconds', 'it is a number from 60 to 86400');
  }
  if (instanceId !== undefined && !/^urn:[A-Za-z0-9:._-]+$/.test(instanceId)) {
    throw badAccount('instanceId', 'it is a URN: urn:uuid:…');
  }
  const { contactRewrite = true, keepAliveMs = 29_000 } = options;
  if (keepAliveMs !== 0 && !(keepAliveMs >= 5000 && keepAliveMs <= 3_600_000)) {
    throw badAccount('keepAliveMs', 'it is a number from 5000 to 3600000, or 0');
  }
  const given = sipUri('server', options.server ?? domainOf(uri).toString());
  const { transport = given.scheme === 'sips' ? 'tls' : 'udp' } = options;
  const hasTransport = given.params.has('transport');
  const server = hasTransport ? given : withTransport(given, transport);
  return {
    uri,
    identity: new NameAddr({ uri, ...(displayName === undefined ? {} : { displayName }) }),
    server,
    registrar: domainOf(uri),
    credentials: credentialsOf(options, uri.user),
    expiresSeconds,
    instanceId,
    isServerGiven: options.server !== undefined,
    contactRewrite,
    keepAliveMs,
  };
}

/** What a person typed: `bob`, `*43`, `bob@pbx.example`, whole URIs. Throws `BAD_TARGET`. */
export function targetUri(text: string, { registrar }: Account): SipUri {
  const hasScheme = /^[a-z][\w+.-]*:/i.test(text);
  if (!hasScheme && !text.includes('@') && text !== '') return registrar.with({ user: text });
  const parsed = parseUri(hasScheme ? text : `sip:${text}`);
  if (parsed.ok && parsed.value instanceof SipUri) return parsed.value;
  const why = parsed.ok ? 'only sip: and sips: can be called' : parsed.refusal.message;
  throw new StrowgerError('BAD_TARGET', `${text} cannot be called: ${why}`);
}

function domainOf(uri: SipUri): SipUri {
  const { scheme, host, port } = uri;
  return new SipUri({ scheme, host, ...(port === undefined ? {} : { port }) });
}

function withTransport(uri: SipUri, transport: string): SipUri {
  const params = uri.params.clone().set('transport', transport);
  return uri.with({ params });
}

function credentialsOf(
  { password, username }: AccountOptions,
  user: string,
): CredentialSource | undefined {
  if (password === undefined) return undefined;
  return () => ({ username: username ?? user, password });
}

function sipUri(key: string, text: string): SipUri {
  const parsed = parseUri(text);
  if (!parsed.ok) throw badAccount(key, parsed.refusal.message);
  if (!(parsed.value instanceof SipUri)) throw badAccount(key, `${text} is no sip: URI`);
  return parsed.value;
}

/** What was given makes no sense: which of it, and why. */
export function badAccount(key: string, why: string): StrowgerError {
  return new StrowgerError('BAD_ACCOUNT', `${key}: ${why}`, {
    recovery: { kind: 'fixConfiguration', key },
  });
}
