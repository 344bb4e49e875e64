import { decimal, isToken } from './characters.ts';
import { formatHost, isHost, parseHostPort } from './host-port.ts';
import { copyOf } from './name-addr.ts';
import { Params, type ParamsSpan } from './params.ts';
import { passParams } from './read-params.ts';
import { isSpace, Reader } from './reader.ts';
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
  /** Where the parameters are, of one that was read. */
  private readonly spans: ParamsSpan | undefined;
  /** The parameters, once somebody has asked for them. */
  private made: Params | undefined;

  /**
   * Throws `BAD_VALUE` where transport, host or port cannot be written. Who has read it gives these
   * three as they are to be, and where its parameters stand.
   */
  constructor(
    init: {
      transport: string;
      host: string;
      port?: number | undefined;
      params?: Iterable<readonly [string, (string | undefined)?]>;
    },
    spans?: ViaSpans,
  ) {
    // nobody else has that class
    const isRead = spans instanceof ViaSpans;
    const isOurs = isRead || init instanceof Via; // and so was checked
    if (!isOurs) check(init);
    this.transport = isOurs ? init.transport : init.transport.toUpperCase();
    this.host = isOurs ? init.host : init.host.toLowerCase();
    this.port = init.port;
    this.spans = isRead ? spans : undefined;
    this.made = isRead ? undefined : copyOf(init.params);
  }

  get params(): Params {
    // who gave no spans has made them
    this.made ??= this.spans === undefined ? new Params() : Params.within(this.spans, 'header');
    return this.made;
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
 * Where the parameters of one that was read are.
 * @internal
 */
export class ViaSpans implements ParamsSpan {
  readonly text: string;
  paramsFrom: number;
  paramsEnd: number;

  constructor(text: string) {
    this.text = text;
    this.paramsFrom = 0;
    this.paramsEnd = 0;
  }
}

function check(init: { transport: string; host: string; port?: number | undefined }): void {
  const isPort = init.port === undefined || decimal(String(init.port), 65_535) >= 0;
  if (isToken(init.transport) && isHost(init.host) && isPort) return;
  throw new SipMessageError('BAD_VALUE', 'a Via has a malformed transport, host or port');
}

/**
 * Reads `via-parm`.
 * @internal
 */
export function readVia(reader: Reader): Via | Fault {
  const transport = readProtocol(reader);
  if (transport instanceof Fault) return transport;
  const from = reader.pos;
  const end = endOfSentBy(reader);
  const sentBy = parseHostPort(reader.text.slice(from, end));
  if (sentBy === undefined) return reader.fault('BAD_VIA', 'the sent-by of a Via is malformed');
  reader.pos = end;
  const spans = new ViaSpans(reader.text);
  const badParams = passParams(reader, spans);
  return badParams ?? new Via({ transport, host: sentBy.host, port: sentBy.port }, spans);
}

/** `sent-protocol LWS`: SIP/2.0/transport, with space around the slashes. */
function readProtocol(reader: Reader): string | Fault {
  const at = reader.pos;
  if (reader.text.startsWith('SIP/2.0/', at)) {
    reader.pos += 8;
    reader.skipSpace();
  } else if (!skipSpacedProtocol(reader)) {
    return reader.fault('BAD_VIA', 'a Via does not begin with SIP/2.0/transport', at);
  }
  const transport = reader.token().toUpperCase();
  const gap = reader.pos;
  reader.skipSpace();
  if (reader.pos > gap && transport !== '') return transport;
  return reader.fault('BAD_VIA', 'a Via has no transport, or no space behind it');
}

function skipSpacedProtocol(reader: Reader): boolean {
  const name = reader.token();
  const version = reader.takeSeparator(SLASH) ? reader.token() : '';
  return name.toUpperCase() === 'SIP' && version === '2.0' && reader.takeSeparator(SLASH);
}

/** Where host and port end, without the space behind them. */
function endOfSentBy(reader: Reader): number {
  let end = reader.pos;
  for (let i = end; i < reader.end; i++) {
    const code = reader.text.charCodeAt(i);
    if (code === 0x3b || code === 0x2c) break;
    if (!isSpace(code)) end = i + 1;
  }
  return end;
}
