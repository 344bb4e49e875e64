import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** Types of records (RFC 1035 §3.2.2, RFC 2782, RFC 3596, RFC 3403). */
export const TYPES = { a: 1, aaaa: 28, srv: 33, naptr: 35 } as const;

/** A name server on loopback that answers from a table; what is not in it does not exist. */
export async function dnsServer(
  table: Readonly<Record<string, readonly Buffer[] | 'fail'>>,
): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => socket.send(answer(query, table), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

/** The data of a record. */
export const data = {
  a: (address: string): Buffer => Buffer.from(address.split('.').map(Number)),
  srv: (priority: number, weight: number, port: number, target: string): Buffer =>
    Buffer.concat([numbers(priority, weight, port), name(target)]),
  naptr: (order: number, preference: number, service: string, to: string): Buffer =>
    Buffer.concat([numbers(order, preference), text('s'), text(service), text(''), name(to)]),
};

const TTL_SECONDS = 77;

function answer(
  query: Buffer,
  table: Readonly<Record<string, readonly Buffer[] | 'fail'>>,
): Buffer {
  let at = 12;
  const labels: string[] = [];
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const question = query.subarray(12, at + 5);
  const records = table[`${type} ${labels.join('.')}`];
  const code = records === 'fail' ? 2 : records === undefined ? 3 : 0;
  const list = records === 'fail' || records === undefined ? [] : records;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(list.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const answers = list.map((rdata) =>
    Buffer.concat([numbers(0xc00c, type, 1, 0, TTL_SECONDS, rdata.length), rdata]),
  );
  return Buffer.concat([head, question, ...answers]);
}

function numbers(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => buffer.writeUInt16BE(value, index * 2));
  return buffer;
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
}

function name(dotted: string): Buffer {
  return Buffer.concat([...dotted.split('.').map(text), Buffer.from([0])]);
}
