import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { CallEngine, echo, type LocationStore, memoryStores } from '@strowger/call-engine';
import { createMediaEngine, type MediaEngineOptions } from '@strowger/media-core';
import { nodeRuntime, type Runtime } from '@strowger/runtime';
import {
  computeHa1,
  parseMessage,
  type SipMessage,
  StreamFramer,
  type SipResponse,
} from '@strowger/sip-message';
import {
  type SecurityEvent,
  type Refused,
  TransportLayer,
  type TransportLayerOptions,
} from '@strowger/sip-transport';
import { onTestFinished } from 'vitest';

/** What a server under attack is made of. */
export interface ServerOptions {
  readonly transport?: Partial<TransportLayerOptions>;
  readonly runtime?: Runtime;
  readonly users?: readonly string[];
  readonly domain?: string;
  readonly aliases?: readonly string[];
  /** What a caller who is no user may dial; the echo service by default. */
  readonly publicAccess?: readonly string[];
  /** Where phones are bound, by user, without a REGISTER. */
  readonly bindings?: Readonly<Record<string, string>>;
  readonly media?: Partial<MediaEngineOptions>;
  /** What stands before every message that is let in. */
  onReceived?(): void;
}

/** A PBX on loopback, its engine on real sockets: what a hostile network meets. */
export interface Server {
  readonly transport: TransportLayer;
  readonly engine: CallEngine;
  readonly udp: number;
  readonly tcp: number;
  /** Where it listens. */
  port(transport: string): number;
  /** Where a user's phone is, without a REGISTER. */
  bind(user: string, contact: string): Promise<void>;
  /** Hears every message that leaves. */
  onSent(listener: (message: SipMessage) => void): void;
  readonly events: SecurityEvent[];
  readonly refused: Refused[];
  readonly domain: string;
}

/** Starts a server; when the test ends it is closed, and holds nothing. */
export async function serve(options: ServerOptions = {}): Promise<Server> {
  const { domain = 'pbx.example', users = ['alice', 'bob'], runtime = nodeRuntime() } = options;
  const stores = memoryStores();
  for (const username of users) {
    const secret = { username, realm: domain, password: `pw-${username}` };
    const ha1 = { MD5: computeHa1('MD5', secret) };
    await stores.credentials.put({ realm: domain, username, ha1 });
  }
  const ports = { from: 46_000, to: 46_999 };
  for (const [user, contact] of Object.entries(options.bindings ?? {})) {
    await bind(stores.location, `sip:${user}@${domain}`, contact);
  }
  const media = createMediaEngine({
    address: '127.0.0.1',
    ports,
    runtime,
    codecs: ['pcmu'],
    ...options.media,
  });
  const events: SecurityEvent[] = [];
  const refused: Refused[] = [];
  const listeners: ((message: SipMessage) => void)[] = [];
  const transport: TransportLayer = new TransportLayer({
    runtime,
    listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'],
    forceRport: true, // as the PBX has it
    onMessage: (inbound) => {
      options.onReceived?.();
      engine.receive(inbound);
    },
    onRefused: (one) => refused.push(one),
    onSent: (message) => listeners.forEach((listener) => listener(message)),
    onSecurityEvent: (event) => events.push(event),
    ...options.transport,
  });
  const engine = new CallEngine({
    runtime,
    sender: transport,
    media,
    stores,
    domain,
    flows: transport,
    services: { '*43': echo() },
    publicAccess: options.publicAccess ?? ['*43'],
    ...(options.aliases === undefined ? {} : { aliases: options.aliases }),
  });
  await transport.start();
  engine.start();
  onTestFinished(async () => {
    await engine.close();
    await transport.close();
    await media.close();
  });
  const port = (name: string): number =>
    transport.listening.find((one) => one.transport === name)?.port ?? 0;
  return {
    transport,
    engine,
    udp: port('udp'),
    tcp: port('tcp'),
    port,
    bind: (user, contact) => bind(stores.location, `sip:${user}@${domain}`, contact),
    onSent: (listener) => void listeners.push(listener),
    events,
    refused,
    domain,
  };
}

async function bind(location: LocationStore, user: string, contact: string): Promise<void> {
  const { version } = await location.read(user);
  const now = Date.now();
  const times = { expiresAt: now + 3_600_000, updatedAt: now };
  const binding = { contact, q: 1, callId: 'bound', cseq: 1, ...times };
  await location.replace(user, version, [binding]);
}

/** What came back; the message where it is well-formed: some repeat what is broken. */
export interface Answer {
  /** 0 for a request. */
  readonly status: number;
  readonly text: string;
  readonly message?: SipResponse;
}

function answerOf(bytes: Uint8Array): Answer {
  const text = Buffer.from(bytes).toString('latin1');
  const status = Number(/^SIP\/2\.0 (\d{3}) /.exec(text)?.[1] ?? 0);
  const parsed = parseMessage(bytes);
  if (!parsed.ok || parsed.value.kind !== 'response') return { status, text };
  return { status, text, message: parsed.value };
}

/** Somebody on the network: writes bytes, and reads what comes. */
export interface Stranger {
  readonly port: number;
  /** All responses that came. */
  readonly answers: Answer[];
  /** Datagrams or chunks that came, and their bytes. */
  readonly packets: number[];
  send(bytes: string | Uint8Array): void;
  /** Until the server has answered all that came before this, and gives the answers so far. */
  settled(): Promise<Answer[]>;
  isClosed(): boolean;
  /** Ends a connection with a reset. */
  reset(): void;
}

let markers = 0;

/** A stranger by UDP. */
export async function byUdp(server: Server, address = '127.0.0.1'): Promise<Stranger> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const answers: Answer[] = [];
  const packets: number[] = [];
  socket.on('message', (bytes) => {
    packets.push(bytes.length);
    answers.push(answerOf(bytes));
  });
  return {
    port: socket.address().port,
    answers,
    packets,
    send: (bytes) => socket.send(bytes, server.udp, '127.0.0.1'),
    settled: () => settled(server, answers),
    isClosed: () => false,
    reset: () => {},
  };
}

/** A stranger by TCP. */
export async function byTcp(server: Server): Promise<Stranger> {
  const socket = connect(server.tcp, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {}); // a reset is an ending like any other
  onTestFinished(() => void socket.destroy());
  const answers: Answer[] = [];
  const packets: number[] = [];
  let isClosed = false;
  socket.on('close', () => (isClosed = true));
  const framer = new StreamFramer({
    onMessage: (bytes) => answers.push(answerOf(bytes)),
    onKeepAlive: () => {},
    onRefused: () => {},
  });
  socket.on('data', (chunk) => {
    packets.push(chunk.length);
    framer.push(chunk);
  });
  return {
    port: socket.localPort ?? 0,
    answers,
    packets,
    send: (bytes) => void socket.write(bytes),
    settled: () => settled(server, answers),
    isClosed: () => isClosed,
    reset: () => void socket.resetAndDestroy(),
  };
}

/** Asks a few times whether the server lives; meanwhile all that came before was read. */
async function settled(server: Server, answers: Answer[]): Promise<Answer[]> {
  for (let round = 0; round < 3; round++) await isAlive(server);
  await new Promise((resolve) => setImmediate(resolve)); // what came with the last answer is read
  return answers;
}

/** Resolves when the server has answered an OPTIONS from somebody else. */
export async function isAlive(server: Server): Promise<number> {
  const socket = createSocket('udp4');
  const began = performance.now();
  const id = `alive-${++markers}`;
  socket.bind(0, '127.0.0.9');
  await once(socket, 'listening');
  const ask = (): void => {
    const { port } = socket.address();
    const text = request({ method: 'OPTIONS', uri: `sip:${server.domain}`, id, port });
    socket.send(text, server.udp, '127.0.0.1');
  };
  ask();
  const again = setInterval(ask, 500);
  await once(socket, 'message');
  clearInterval(again);
  socket.close();
  return performance.now() - began;
}

/** What a request is written of; a header that is `undefined` is left out. */
export interface Wanted {
  readonly method?: string;
  readonly uri?: string;
  readonly id?: string;
  readonly port?: number;
  readonly transport?: string;
  /** Replace, add or (`undefined`) leave out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Whole lines behind the headers. */
  readonly lines?: readonly string[];
  readonly body?: string;
}

let written = 0;

/** The text of a request of which nothing is checked. */
export function request(wanted: Wanted = {}): string {
  const { method = 'OPTIONS', uri = 'sip:pbx.example', transport = 'UDP', port = 5060 } = wanted;
  const { id = `id-${++written}`, body = '' } = wanted;
  const headers: Record<string, string | undefined> = {
    Via: `SIP/2.0/${transport} 127.0.0.1:${port};branch=z9hG4bK${id};rport`,
    'Max-Forwards': '70',
    From: '<sip:mallory@elsewhere.example>;tag=m',
    To: `<${uri}>`,
    'Call-ID': id,
    CSeq: `1 ${method}`,
    Contact: '<sip:mallory@127.0.0.1>',
    'Content-Length': String(Buffer.byteLength(body)),
    ...wanted.headers,
  };
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  const lines = [`${method} ${uri} SIP/2.0`, ...fields, ...(wanted.lines ?? []), '', body];
  return lines.join('\r\n');
}
