import { decimal, isToken } from './characters.ts';
import { formatHost, isHost, parseHostPort } from './host-port.ts';
import { Params, readParams } from './params.ts';
import { Reader } from './reader.ts';
import { Fault, type Parsed, SipMessageError, toParsed } from './refusal.ts';

const SECTION = 'RFC 3261 §20.42';
const SLASH = 0x2f;

/** One value of Via (RFC 3261 §20.42). */
export class Via {
  /** In upper case: `UDP`, `TCP`, `TLS`, `WS`, `WSS` or whatever the peer wrote. */
  readonly transport: string;
  /** The host of `sent-by`, IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;

  /** Throws `BAD_VALUE` where transport, host or port cannot be written. */
  constructor(init: {
    transport: string;
    host: string;
    port?: number | undefined;
    params?: Iterable<readonly [string, (string | undefined)?]>;
  }) {
    const port = init.port;
    const isPort = port === undefined || decimal(String(port), 65_535) >= 0;
    if (!isToken(init.transport) || !isHost(init.host) || !isPort) {
      throw new SipMessageError('BAD_VALUE', 'a Via has a malformed transport, host or port');
    }
    this.transport = init.transport.toUpperCase();
    this.host = init.host.toLowerCase();
    this.port = port;
    this.params = init.params instanceof Params ? init.params.clone() : new Params(init.params);
  }

  get branch(): string | undefined {
    return this.params.get('branch');
  }

  /** The source address as the next hop saw it (RFC 3261 §18.2.1). */
  get received(): string | undefined {
    return this.params.get('received');
  }

  /** The source port as the next hop saw it; `''` is the wish to be told (RFC 3581 §3). */
  get rport(): number | '' | undefined {
    const value = this.params.get('rport');
    if (value === undefined || value === '') return value;
    const port = decimal(value, 65_535);
    return port < 0 ? undefined : port;
  }

  toString(): string {
    const port = this.port === undefined ? '' : `:${this.port}`;
    return `SIP/2.0/${this.transport} ${formatHost(this.host)}${port}${this.params}`;
  }

  /** Parses one value with nothing behind it. */
  static parse(text: string): Parsed<Via> {
    const reader = new Reader(text, SECTION);
    reader.skipSpace();
    const result = readVia(reader);
    if (result instanceof Fault) return toParsed<Via>(result);
    reader.skipSpace();
    if (reader.atEnd) return { ok: true, value: result };
    return toParsed<Via>(reader.fault('BAD_VIA', 'something follows a Via value'));
  }
}

/**
 * Reads `via-parm`.
 * @internal
 */
export function readVia(reader: Reader): Via | Fault {
  const transport = readProtocol(reader);
  if (transport instanceof Fault) return transport;
  const from = reader.pos;
  const end = endOfSentBy(reader.text, from);
  const sentBy = parseHostPort(reader.text.slice(from, end).trimEnd());
  if (sentBy === undefined) return reader.fault('BAD_VIA', 'the sent-by of a Via is malformed');
  reader.pos = end;
  const params = readParams(reader);
  if (params instanceof Fault) return params;
  return new Via({ transport, host: sentBy.host, port: sentBy.port, params });
}

/** `sent-protocol LWS`: SIP/2.0/transport, with space around the slashes. */
function readProtocol(reader: Reader): string | Fault {
  const at = reader.pos;
  const name = reader.token();
  const version = reader.takeSeparator(SLASH) ? reader.token() : '';
  const transport = reader.takeSeparator(SLASH) ? reader.token() : '';
  if (name.toUpperCase() !== 'SIP' || version !== '2.0' || transport === '') {
    return reader.fault('BAD_VIA', 'a Via does not begin with SIP/2.0/transport', at);
  }
  const gap = reader.pos;
  reader.skipSpace();
  if (reader.pos === gap) return reader.fault('BAD_VIA', 'no space follows the transport of a Via');
  return transport;
}

function endOfSentBy(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x3b || code === 0x2c) return i;
  }
  return text.length;
}
