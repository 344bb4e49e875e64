import type { X509Certificate } from 'node:crypto';
import { canonicalAddress, familyOf } from './ip-address.ts';

/** Who a peer is, from a certificate that leads to an authority that we trust. */
export interface PeerIdentity {
  /** The SIP domains that it speaks for, in lower case (RFC 5922 §7.1). */
  readonly domains: readonly string[];
  /** The IP addresses that its certificate is for, in canonical spelling. */
  readonly addresses: readonly string[];
  /** The certificate's subject, one attribute per line, such as `CN=proxy.example`. */
  readonly subject: string;
  /** SHA-256 of the certificate, in hexadecimal bytes with colons. */
  readonly fingerprint: string;
}

/** What is read of a certificate. */
type Names = Partial<Pick<X509Certificate, 'subjectAltName'>> &
  Pick<X509Certificate, 'subject' | 'fingerprint256'>;

/** The identities in a certificate. */
export function identityOf(certificate: Names): PeerIdentity {
  const names = alternativeNames(certificate.subjectAltName ?? '');
  const { subject, fingerprint256: fingerprint } = certificate;
  const addresses = names
    .filter(([type]) => type === 'IP Address')
    .map(([, value]) => canonicalAddress(value));
  const hasNames = certificate.subjectAltName !== undefined;
  const domains = hasNames ? sipDomains(names) : commonNames(subject);
  return { domains: [...new Set(domains)], addresses, subject, fingerprint };
}

/**
 * Whether a peer may speak for a host (RFC 5922 §7.2): the names are equal but for their case.
 * Neither wildcards nor parts of a name count. An IP address has to be named as one.
 */
export function speaksFor({ domains, addresses }: PeerIdentity, host: string): boolean {
  if (familyOf(host) !== undefined) return addresses.includes(canonicalAddress(host));
  return domains.includes(host.toLowerCase().replace(/\.$/, ''));
}

/** RFC 5922 §7.1: `sip:` URIs without a user; DNS names only where there is no such URI. */
function sipDomains(names: readonly [type: string, value: string][]): string[] {
  const ofUris = names
    .filter(([type, value]) => type === 'URI' && /^sip:[^@]+$/i.test(value))
    .map(([, value]) => hostOf(value.slice(4)));
  if (ofUris.length > 0) return ofUris;
  return names
    .filter(([type, value]) => type === 'DNS' && !value.includes('*'))
    .map(([, value]) => value.toLowerCase());
}

function hostOf(afterScheme: string): string {
  return (afterScheme.split(/[;?:]/, 1)[0] ?? '').toLowerCase();
}

/** RFC 5922 §7.1: the common name counts only where there are no alternative names at all. */
function commonNames(subject: string): string[] {
  return subject
    .split('\n')
    .filter((line) => line.startsWith('CN=') && !line.includes('*'))
    .map((line) => line.slice(3).toLowerCase());
}

/** Node writes `DNS:a.example, URI:"…"`: values that could be mistaken are quoted as in JSON. */
function alternativeNames(text: string): [type: string, value: string][] {
  const names: [string, string][] = [];
  for (const [, type = '', quoted, plain = ''] of text.matchAll(
    /(?:^|, )([^:,"]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g,
  )) {
    names.push([type, quoted === undefined ? plain : unquoted(quoted)]);
  }
  return names;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return ''; // a value that nobody can read vouches for nothing
  }
}
