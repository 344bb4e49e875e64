import { StrowgerError } from '@strowger/runtime';
import { type CryptoAttribute, formatCrypto } from './crypto-attribute.ts';
import { formatFingerprint, sameFingerprints, type Setup } from './dtls-attributes.ts';
import type {
  Fingerprint,
  Keying,
  MediaSecurity,
  SrtpKeys,
  SrtpPolicy,
  SrtpSuite,
} from './media-security.ts';
import { type Negotiated, refuse } from './negotiated.ts';
import type { MediaDescription } from './session-description.ts';

/** What this side can do to encrypt its media, and whether it must. */
export interface LocalSecurity {
  readonly policy: SrtpPolicy;
  /** Ways to keys, preferred first; default all that the fields below allow, `sdes` first. */
  readonly keying?: readonly Keying[];
  /** Our keys, one set for each suite, preferred first; without them there is no `sdes`. */
  readonly crypto?: readonly SrtpKeys[];
  /** The suites that an offer lists, a packet holding only so much; default all of `crypto`. */
  readonly offeredSuites?: readonly SrtpSuite[];
  /** Of our certificate; without one there is no `dtls`. */
  readonly fingerprints?: readonly Fingerprint[];
}

/** What decides about a line's security besides the line. */
export interface SecurityContext {
  readonly security?: LocalSecurity | undefined;
  /** Of the round before: what was encrypted stays so, whatever the policy. */
  readonly agreed?: MediaSecurity | undefined;
}

/** What a line of ours says, and what it means. */
export interface SecuredLine {
  readonly security: MediaSecurity;
  readonly attributes: readonly string[];
}

/** RTP in the clear, with and without feedback (RFC 3551, RFC 4585). */
export function isPlainRtp(protocol: string): boolean {
  return protocol === 'RTP/AVP' || protocol === 'RTP/AVPF';
}

/** RTP that is always encrypted (RFC 3711, RFC 5124, RFC 5764). */
export function isSecureRtp(protocol: string): boolean {
  return /^(UDP\/TLS\/)?RTP\/SAVPF?$/.test(protocol);
}

/**
 * The profile and attributes of an offer of ours. `previous` is our line of the round before: what
 * said SAVP there says it again.
 *
 * @throws StrowgerError `BAD_MEDIA_DESCRIPTION` where encryption is a must and there are no keys.
 */
export function offerSecurity(
  { security, agreed }: SecurityContext,
  { previous, feedback }: { previous?: MediaDescription | undefined; feedback: boolean },
): { protocol: string; attributes: readonly string[] } {
  const insists = previous && isSecureRtp(previous.protocol) ? previous : undefined;
  const before = keyingOf(agreed) ?? (insists && keyingOfLine(insists));
  const isMust = before !== undefined || insists !== undefined || security?.policy === 'required';
  const keying = offeredKeying(security, before, isMust);
  if (isMust && keying.length === 0) {
    const message = 'Cannot describe media: it must be encrypted and there are no keys for that';
    throw new StrowgerError('BAD_MEDIA_DESCRIPTION', message);
  }
  const attributes = [
    ...(keying.includes('sdes') && security ? cryptoAttributes(security) : []),
    ...(keying.includes('dtls') ? dtlsAttributes('actpass', security?.fingerprints ?? []) : []),
  ];
  const isKept = previous && isMust === isSecureRtp(previous.protocol) && isRtp(previous.protocol);
  const isAgreedOpenly = before !== undefined && previous && isPlainRtp(previous.protocol);
  if (isKept || isAgreedOpenly) return { protocol: previous.protocol, attributes };
  const profile = `${isMust ? 'RTP/SAVP' : 'RTP/AVP'}${feedback ? 'F' : ''}`;
  const isDtls = isMust && keying[0] === 'dtls';
  return { protocol: isDtls ? `UDP/TLS/${profile}` : profile, attributes };
}

/** What we answer to an offered line, or why it may not be taken. */
export function answerSecurity(
  line: MediaDescription,
  { security, agreed }: SecurityContext,
): Negotiated<SecuredLine> {
  const { protocol } = line;
  if (!isRtp(protocol)) return unsupported(protocol);
  const isMust = security?.policy === 'required' || isEncrypted(agreed);
  const isSecure = isSecureRtp(protocol);
  if (!security || security.policy === 'off') {
    if (isSecure) return unsupported(protocol);
    return isMust ? encryptionRequired() : plain();
  }
  for (const keying of availableKeying(security)) {
    const secured =
      keying === 'sdes' ? answerCrypto(line, security) : answerDtls(line, security, agreed);
    if (secured) return { ok: true, ...secured };
  }
  if (isSecure) return noCommonKeying();
  return isMust ? encryptionRequired() : plain();
}

/** What an answer to a line of ours has made of its security. */
export function appliedSecurity(
  ours: MediaDescription,
  theirs: MediaDescription,
  agreed?: MediaSecurity,
): Negotiated<{ security: MediaSecurity }> {
  if (!isRtp(theirs.protocol) || (isPlainRtp(theirs.protocol) && isSecureRtp(ours.protocol))) {
    return refuse('UNSUPPORTED_PROFILE', `${theirs.protocol} was not offered`, 'RFC 3264 §6');
  }
  const hasOffered = ours.crypto.length > 0 || ours.fingerprints.length > 0;
  if (isSecureRtp(theirs.protocol) && !hasOffered) {
    return refuse('UNSUPPORTED_PROFILE', `${theirs.protocol} was not offered`, 'RFC 3264 §6');
  }
  const asks = theirs.hasCrypto || theirs.fingerprints.length > 0;
  if (hasOffered && (asks || isSecureRtp(theirs.protocol))) {
    const security = applyCrypto(ours, theirs) ?? applyDtls(ours, theirs);
    return security ? { ok: true, security } : noCommonKeying();
  }
  return isEncrypted(agreed) ? encryptionRequired() : { ok: true, security: { kind: 'none' } };
}

/** What our answer to their line has made of its security, read back from both. */
export function answeredSecurity(
  ours: MediaDescription,
  theirs: MediaDescription,
): Negotiated<{ security: MediaSecurity }> {
  const said = ours.crypto.length > 0 || ours.fingerprints.length > 0;
  if (!said) return isSecureRtp(ours.protocol) ? noCommonKeying() : plain();
  // as the offerer sees it, with the two directions exchanged
  const seen = applyCrypto(theirs, ours) ?? applyDtls(theirs, ours);
  if (seen?.kind === 'sdes') {
    return { ok: true, security: { ...seen, send: seen.receive, receive: seen.send } };
  }
  if (seen?.kind !== 'dtls') return noCommonKeying();
  const role = seen.role === 'server' ? 'client' : 'server';
  return { ok: true, security: { ...seen, role, fingerprints: theirs.fingerprints } };
}

/** Whether packets are encrypted. */
export function isEncrypted(security: MediaSecurity | undefined): boolean {
  return security !== undefined && security.kind !== 'none';
}

function isRtp(protocol: string): boolean {
  return isPlainRtp(protocol) || isSecureRtp(protocol);
}

function keyingOf(security: MediaSecurity | undefined): Keying | undefined {
  return security === undefined || security.kind === 'none' ? undefined : security.kind;
}

function keyingOfLine({ crypto, fingerprints }: MediaDescription): Keying | undefined {
  if (crypto.length > 0) return 'sdes';
  return fingerprints.length > 0 ? 'dtls' : undefined;
}

function availableKeying(security: LocalSecurity | undefined): readonly Keying[] {
  const { keying = ['sdes', 'dtls'], crypto = [], fingerprints = [] } = security ?? {};
  return keying.filter((one) => (one === 'sdes' ? crypto : fingerprints).length > 0);
}

/** One way where we insist, as a line has one profile; all that there are beside plain RTP. */
function offeredKeying(
  security: LocalSecurity | undefined,
  before: Keying | undefined,
  isMust: boolean,
): readonly Keying[] {
  const available = availableKeying(security);
  if (before) return available.filter((one) => one === before);
  if (isMust) return available.slice(0, 1);
  return security?.policy === 'best-effort' ? available : [];
}

function cryptoAttributes({ crypto = [], offeredSuites }: LocalSecurity): string[] {
  const offered = crypto.filter(({ suite }) => offeredSuites?.includes(suite) ?? true);
  return offered.map((one, at) =>
    cryptoAttribute({ tag: at + 1, suiteName: one.suite, keys: one }),
  );
}

function cryptoAttribute(crypto: CryptoAttribute): string {
  return `crypto:${formatCrypto(crypto)}`;
}

function dtlsAttributes(setup: Setup, fingerprints: readonly Fingerprint[]): string[] {
  return [
    `setup:${setup}`,
    ...fingerprints.map((fingerprint) => `fingerprint:${formatFingerprint(fingerprint)}`),
  ];
}

/** The first line of theirs for whose suite we have keys (RFC 4568 §5.1.2). */
function answerCrypto(line: MediaDescription, { crypto }: LocalSecurity): SecuredLine | undefined {
  if (line.protocol.startsWith('UDP/TLS/')) return undefined;
  for (const { tag, suiteName, keys: receive } of line.crypto) {
    const ours = crypto?.find(({ suite }) => suite === receive.suite);
    if (!ours) continue;
    const { suite, masterKey, masterSalt, mki } = ours; // plain: they go to the thread of the stream
    const send = { suite, masterKey, masterSalt, ...(mki && { mki }) };
    const attributes = [cryptoAttribute({ tag, suiteName, keys: send })];
    return { security: { kind: 'sdes', send, receive }, attributes };
  }
  return undefined;
}

function answerDtls(
  { fingerprints, setup = 'active' }: MediaDescription,
  security: LocalSecurity,
  agreed: MediaSecurity | undefined,
): SecuredLine | undefined {
  if (fingerprints.length === 0 || setup === 'holdconn') return undefined;
  // RFC 5763 §6.6: while the connection stays, its roles do
  const isSame = agreed?.kind === 'dtls' && sameFingerprints(agreed.fingerprints, fingerprints);
  const kept = isSame ? agreed.role : 'client';
  const free = setup === 'actpass' ? kept : 'client';
  const role = setup === 'active' ? 'server' : free;
  const attributes = dtlsAttributes(
    role === 'client' ? 'active' : 'passive',
    security.fingerprints ?? [],
  );
  return { security: { kind: 'dtls', role, fingerprints }, attributes };
}

/** An answer repeats the tag and the suite of the line that it chose (RFC 4568 §5.1.3). */
function applyCrypto(ours: MediaDescription, theirs: MediaDescription): MediaSecurity | undefined {
  const [chosen] = theirs.crypto;
  const offered = ours.crypto.find(
    ({ tag, keys }) => tag === chosen?.tag && keys.suite === chosen.keys.suite,
  );
  if (!chosen || !offered) return undefined;
  return { kind: 'sdes', send: offered.keys, receive: chosen.keys };
}

function applyDtls(
  ours: MediaDescription,
  { fingerprints, setup = 'passive' }: MediaDescription,
): MediaSecurity | undefined {
  if (ours.fingerprints.length === 0 || fingerprints.length === 0) return undefined;
  if (setup !== 'active' && setup !== 'passive') return undefined;
  return { kind: 'dtls', role: setup === 'active' ? 'server' : 'client', fingerprints };
}

function plain(): Negotiated<SecuredLine> {
  return { ok: true, security: { kind: 'none' }, attributes: [] };
}

function unsupported(protocol: string) {
  return refuse('UNSUPPORTED_PROFILE', `${protocol} is not supported`, 'RFC 3264 §6');
}

function encryptionRequired() {
  return refuse('ENCRYPTION_REQUIRED', 'media must be encrypted', 'RFC 3711 §1');
}

function noCommonKeying() {
  const message = 'the two sides have no way to common keys';
  return refuse('NO_COMMON_KEYING', message, 'RFC 4568 §5.1.2');
}
