import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Answer, decode, encode, type Packet, type Question } from 'dns-packet';
import { onTestFinished } from 'vitest';

/** What a name server is asked. */
export interface Asked extends Question {
  readonly id: number;
  readonly by: 'udp' | 'tcp';
  readonly edns: boolean;
  readonly from: { readonly address: string; readonly port: number };
}

/** What a name server says: packets as they are, or bytes; nothing where it is silent. */
export type Says = (asked: Asked) => readonly (Packet | Uint8Array)[];

/** A name server on loopback that says what a test wants, over UDP and TCP, and who asked what. */
export interface NameServer {
  /** As `servers` wants it. */
  readonly at: string;
  readonly port: number;
  readonly asked: Asked[];
  says: Says;
  /** Sends an answer that nobody asked it for. */
  lie(said: Packet, to: Asked['from']): void;
  /** How many of these have left. */
  readonly lies: number;
}

/** Opens one; it is closed when the test ends. */
export async function nameServer(says: Says, address = '127.0.0.1'): Promise<NameServer> {
  const { udp, tcp, port } = await bothOn(address);
  const asked: Asked[] = [];
  const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  let lies = 0;
  const server: NameServer = {
    at,
    port,
    asked,
    says,
    lie: (said, to) => udp.send(encode(said), to.port, to.address, () => lies++),
    get lies() {
      return lies;
    },
  };
  const answers = (bytes: Buffer, by: Asked['by'], from: Asked['from']): Buffer[] => {
    const { id = 0, questions: [question] = [], additionals = [] } = decode(bytes);
    if (question === undefined) return [];
    const one = { ...question, id, by, from, edns: additionals.length > 0 };
    asked.push(one);
    return server
      .says(one)
      .map((said) => (said instanceof Uint8Array ? Buffer.from(said) : encode(said)));
  };
  udp.on('message', (bytes: Buffer, from: RemoteInfo) => {
    for (const said of answers(bytes, 'udp', from)) udp.send(said, from.port, from.address);
  });
  tcp.on('connection', (socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.once('data', (bytes) => {
      const from = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
      for (const said of answers(bytes.subarray(2), 'tcp', from)) {
        socket.write(Buffer.from([said.length >> 8, said.length & 0xff]));
        socket.write(said); // the length and the message arrive apart
      }
    });
  });
  onTestFinished(() => void udp.close());
  onTestFinished(() => void tcp.close());
  return server;
}

/** A UDP and a TCP socket on one port: where another has the second, on the next port. */
async function bothOn(address: string) {
  for (;;) {
    const tcp = createServer();
    tcp.listen(0, address);
    await once(tcp, 'listening');
    const bound = tcp.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
    const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    try {
      udp.bind(port, address);
      await once(udp, 'listening');
      return { udp, tcp, port };
    } catch {
      udp.close();
      tcp.close();
    }
  }
}

/** An answer to what was asked. */
export function answering(asked: Asked, answers: Answer[], over: Partial<Packet> = {}): Packet {
  const { type, name } = asked;
  return {
    type: 'response',
    id: asked.id,
    flags: 0x180, // recursion desired and available
    questions: [{ type, name, class: 'IN' }],
    answers,
    ...over,
  };
}

/** Says what a table has, by `TYPE name`; of other names, that they do not exist. */
export function fromTable(table: Readonly<Record<string, Answer[]>>): Says {
  return (asked) => {
    const found = table[`${asked.type} ${asked.name.toLowerCase()}`];
    return [answering(asked, found ?? [], found === undefined ? { flags: 0x183 } : {})];
  };
}

/** Records, with a time to live of 60 s unless another is said. */
export const record = {
  a: (name: string, data: string, ttl = 60): Answer => ({ type: 'A', name, ttl, data }),
  aaaa: (name: string, data: string, ttl = 60): Answer => ({ type: 'AAAA', name, ttl, data }),
  cname: (name: string, data: string, ttl = 60): Answer => ({ type: 'CNAME', name, ttl, data }),
  srv: (name: string, target: string, port: number, over: SrvOver = {}): Answer => ({
    type: 'SRV',
    name,
    ttl: over.ttl ?? 60,
    data: { priority: over.priority ?? 1, weight: over.weight ?? 0, port, target },
  }),
  naptr: (name: string, services: string, replacement: string, over: NaptrOver = {}): Answer => ({
    type: 'NAPTR',
    name,
    ttl: over.ttl ?? 60,
    data: {
      order: over.order ?? 1,
      preference: 1,
      flags: over.flags ?? 's',
      services,
      regexp: over.regexp ?? '',
      replacement,
    },
  }),
  soa: (name: string, minimum: number, ttl = 3600): Answer => ({
    type: 'SOA',
    name,
    ttl,
    data: { mname: 'ns.example', rname: 'root.example', minimum },
  }),
};

interface SrvOver {
  priority?: number;
  weight?: number;
  ttl?: number;
}

interface NaptrOver {
  order?: number;
  flags?: string;
  regexp?: string;
  ttl?: number;
}
