import { isIP } from 'node:net';
import { type Negotiated } from './negotiated.ts';
import { excerpt, malformed, SDP_LIMITS, type SdpLine } from './sdp-lines.ts';
import { refuse } from './negotiated.ts';

/** Who made a description, and which version of it this is (RFC 8866 §5.2). */
export interface Origin {
  readonly username: string;
  /** Digits; as text because NTP stamps do not fit a number. */
  readonly sessionId: string;
  readonly version: string;
  readonly address: string;
}

/** Where media shall go (RFC 8866 §5.7). */
export interface Connection {
  /** An IP address or a host name. */
  readonly address: string;
  readonly kind: 'unicast' | 'multicast' | 'name' | 'zero';
}

/** What an `m=` line itself says (RFC 8866 §5.14). */
export interface MediaLine {
  /** `audio`, `video`, `image` … in lower case. */
  readonly kind: string;
  /** 0: refused or switched off (RFC 3264 §6, §8.2). */
  readonly port: number;
  readonly portCount: number;
  /** `RTP/AVP`, in upper case. */
  readonly protocol: string;
  readonly formats: readonly string[];
}

/** Reads the `o=` line; what follows its sixth field is ignored. */
export function readOrigin(lines: readonly SdpLine[]): Negotiated<{ origin: Origin }> {
  const value = lines.find(({ type }) => type === 'o')?.value ?? '';
  const [username, sessionId, version, network, family, address] = value.trim().split(/ +/);
  const numbers = [sessionId, version].every((text) => text && /^\d{1,40}$/.test(text));
  if (!username || !sessionId || !version || !numbers || network !== 'IN' || !address || !family) {
    return malformed(`not an origin: ${excerpt(value)}`, '§5.2');
  }
  return { ok: true, origin: { username, sessionId, version, address } };
}

/** Reads a `c=` line; the family is told by the address itself. */
export function readConnection(value: string): Negotiated<{ connection: Connection }> {
  const match = /^IN +IP[46] +([0-9A-Za-z.:_-]{1,255})(?:\/\d{1,5}){0,2} *$/i.exec(value);
  const address = match?.[1];
  const kind = address && kindOf(address);
  if (!kind) return malformed(`not a connection: ${excerpt(value)}`, '§5.7');
  return { ok: true, connection: { address, kind } };
}

function kindOf(address: string): Connection['kind'] | undefined {
  const family = isIP(address);
  if (family === 4) {
    const first = Number.parseInt(address, 10);
    if (address === '0.0.0.0') return 'zero';
    if (address === '255.255.255.255') return 'multicast';
    return first >= 224 && first < 240 ? 'multicast' : 'unicast';
  }
  if (family === 6) {
    if (/^[0:]+$/.test(address)) return 'zero';
    return /^ff/i.test(address) ? 'multicast' : 'unicast';
  }
  return /[a-z]/i.test(address) && !address.includes(':') ? 'name' : undefined;
}

/** Reads the value of an `m=` line. */
export function readMediaLine(value: string): Negotiated<{ line: MediaLine }> {
  const [kind, ports = '', protocol, ...formats] = value.trim().split(/ +/);
  const [, port, count = '1'] = /^(\d{1,5})(?:\/(\d{1,5}))?$/.exec(ports) ?? [];
  const tokens = [kind, protocol, ...formats];
  if (!kind || !protocol || port === undefined || !tokens.every((text) => text && isToken(text))) {
    return malformed(`not a media line: ${excerpt(value)}`, '§5.14');
  }
  if (Number(port) > 65_535 || Number(count) < 1 || formats.length === 0) {
    return malformed(`a media line out of range: ${excerpt(value)}`, '§5.14');
  }
  if (formats.length > SDP_LIMITS.formats) {
    return refuse('SDP_TOO_LARGE', `more than ${SDP_LIMITS.formats} formats`, 'RFC 8866 §5.14');
  }
  const line = {
    kind: kind.toLowerCase(),
    port: Number(port),
    portCount: Number(count),
    protocol: protocol.toUpperCase(),
    formats,
  };
  return { ok: true, line };
}

/** Printable ASCII without blanks: wider than RFC 8866's token, as `proto` needs the slash. */
function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
