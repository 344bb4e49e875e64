import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { nodeRuntime, type Runtime, type StrowgerError } from '@strowger/runtime';
import { parseMessage, type SipMessage, SipRequest, uri } from '@strowger/sip-message';
import { onTestFinished } from 'vitest';
import {
  type Hop,
  type Inbound,
  type Refused,
  TransportLayer,
  type TransportLayerOptions,
  type TransportName,
} from '../src/index.ts';
import { Arrivals } from './arrivals.ts';

/** A started layer and all that it told. */
export interface Party {
  layer: TransportLayer;
  inbox: Arrivals<Inbound>;
  refused: Arrivals<Refused>;
  errors: Arrivals<StrowgerError>;
}

/** Starts a layer on loopback; it is closed, and checked to hold nothing, when the test ends. */
export async function open(
  listen: TransportLayerOptions['listen'],
  over: Partial<TransportLayerOptions> = {},
): Promise<Party> {
  const inbox = new Arrivals<Inbound>();
  const refused = new Arrivals<Refused>();
  const errors = new Arrivals<StrowgerError>();
  const runtime: Runtime = over.runtime ?? nodeRuntime();
  const layer = new TransportLayer({
    listen,
    onMessage: inbox.add,
    onRefused: refused.add,
    onError: errors.add,
    ...over,
    runtime,
  });
  onTestFinished(async () => {
    await layer.close();
    const held = Object.values(layer.counts()).reduce((sum, count) => sum + count, 0);
    if (held > 0) throw new Error(`left after close: ${JSON.stringify(layer.counts())}`);
    if (runtime.clock.armedTimers > 0) throw new Error('a timer is left after close');
  });
  await layer.start();
  return { layer, inbox, refused, errors };
}

/** For a layer to which this machine is as strange as any other. */
export const strangers = { admission: { trustedNetworks: [] } } as const;

/** Where a layer hears on a transport. */
export function hopTo({ layer }: Party, transport: TransportName): Hop {
  const point = layer.listening.find((one) => one.transport === transport);
  if (point === undefined) throw new Error(`it does not listen on ${transport}`);
  return point;
}

/** An OPTIONS with our Via for the hop. */
export function options(from: Party, hop: Hop, body = '', callId = 'call'): SipRequest {
  const { host, port } = from.layer.sentBy(hop);
  const sentBy = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new SipRequest({
    method: 'OPTIONS',
    uri: uri('sip:bob@bob.example'),
    headers: [
      ['Via', `SIP/2.0/${hop.transport.toUpperCase()} ${sentBy};branch=z9hG4bK${callId};rport`],
      ['Max-Forwards', 70],
      ['From', '<sip:alice@alice.example>;tag=a'],
      ['To', '<sip:bob@bob.example>'],
      ['Call-ID', callId],
      ['CSeq', '1 OPTIONS'],
    ],
    body,
  });
}

/** The text of an OPTIONS as a raw peer writes it. */
export function optionsText(via: string, body = '', callId = 'raw'): string {
  return [
    'OPTIONS sip:bob@bob.example SIP/2.0',
    `Via: ${via}`,
    'Max-Forwards: 70',
    'From: <sip:raw@raw.example>;tag=r',
    'To: <sip:bob@bob.example>',
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** Parses what must be a message. */
export function parsed(bytes: Uint8Array | string): SipMessage {
  const outcome = parseMessage(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

/** Fails the test when a message failed that should not. */
export function mustLeave(error: StrowgerError): void {
  throw error;
}

/** Sends what has to fail, and gives why. */
export function failure(party: Party, message: SipMessage, hop: Hop): Promise<StrowgerError> {
  return new Promise((resolve) => party.layer.send(message, hop, resolve));
}

/** Lets the event loop turn until the sockets have caught up. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

/** A raw UDP peer. */
export interface RawUdp {
  socket: UdpSocket;
  port: number;
  inbox: Arrivals<Uint8Array>;
  send(data: string | Uint8Array, to: Hop): void;
}

/** Opens a raw UDP socket on loopback, closed when the test ends. */
export async function rawUdp(address = '127.0.0.1'): Promise<RawUdp> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const inbox = new Arrivals<Uint8Array>();
  socket.on('message', inbox.add);
  socket.bind(0, address);
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const send = (data: string | Uint8Array, to: Hop): void => {
    socket.send(data, to.port, to.address);
  };
  return { socket, port: socket.address().port, inbox, send };
}

/** A raw TCP peer: what it reads, and when the other side closed. */
export interface RawTcp {
  socket: Socket;
  port: number;
  closed: Promise<unknown>;
  /** Until the other side has sent text that holds `part`; gives all text so far. */
  text(part: string): Promise<string>;
}

/** Connects raw, destroyed when the test ends. */
export async function rawTcp(to: Hop): Promise<RawTcp> {
  const socket = connect({ host: to.address, port: to.port });
  const raw = wrap(socket);
  const opened = new Promise((resolve) => socket.once('connect', resolve));
  await Promise.race([opened, raw.closed]);
  return { ...raw, port: socket.localPort ?? 0 };
}

/** A raw TCP server and the peers that came to it. */
export async function rawTcpServer(
  address = '127.0.0.1',
): Promise<{ server: Server; hop: Hop; peers: Arrivals<RawTcp> }> {
  const peers = new Arrivals<RawTcp>();
  const server = createServer((socket) =>
    peers.add({ ...wrap(socket), port: socket.remotePort ?? 0 }),
  );
  server.listen(0, address);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  return { server, hop: { transport: 'tcp', address, port }, peers };
}

function wrap(socket: Socket): Omit<RawTcp, 'port'> {
  let text = '';
  let wake = (): void => {};
  socket.on('error', () => {}); // a reset is an ending like any other here
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    wake();
  });
  onTestFinished(() => void socket.destroy());
  return {
    socket,
    closed: new Promise((resolve) => socket.once('close', resolve)),
    text: async (part) => {
      while (!text.includes(part)) await new Promise<void>((resolve) => (wake = resolve));
      return text;
    },
  };
}
