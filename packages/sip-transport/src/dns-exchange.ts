import { connect } from 'node:net';
import { type Endpoint, type Runtime, StrowgerError, type Timer } from '@strowger/runtime';
import { type DnsQuestion, type DnsReply, encodeQuestion, readReply } from './dns-message.ts';
import { canonicalAddress, familyOf } from './ip-address.ts';

/** One question to one name server. */
export interface DnsExchangeOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'random' | 'datagrams'>;
  readonly server: Endpoint;
  readonly question: DnsQuestion;
  /** RFC 6891: without it where a server does not know it. */
  readonly edns: boolean;
  readonly timeoutMs: number;
  /** Ends the exchange: it rejects then. */
  readonly signal: AbortSignal;
}

/** A reply that belongs to the question. */
export type Replied = Exclude<DnsReply, { kind: 'foreign' }>;

/**
 * Asks by UDP, from a port and under an identifier of chance (RFC 5452 §4). Whatever comes from
 * elsewhere, or answers anything else, is as good as not sent. Rejects where no answer comes.
 */
export async function askByUdp(options: DnsExchangeOptions): Promise<Replied> {
  const { runtime, server, question, edns } = options;
  const id = runtime.random.uint32() & 0xffff;
  const waiting = new Waiting<Replied>(options);
  const socket = await runtime.datagrams.open({
    address: familyOf(server.address) === 6 ? '::' : '0.0.0.0',
    port: 0,
    onPacket: (bytes, from) => {
      if (from.port !== server.port) return;
      if (canonicalAddress(from.address) !== canonicalAddress(server.address)) return;
      const reply = readReply(bytes, question, id);
      if (reply.kind !== 'foreign') waiting.resolve(reply);
    },
    onError: (error) => waiting.reject(error),
  });
  try {
    socket.send(encodeQuestion(question, { id, edns }), server);
    return await waiting.outcome;
  } finally {
    waiting.reject(new Error('over'));
    await socket.close();
  }
}

/** Asks by TCP (RFC 7766), which no answer is too long for. Rejects where no answer comes. */
export async function askByTcp(options: DnsExchangeOptions): Promise<Replied> {
  const { runtime, server, question, edns } = options;
  const id = runtime.random.uint32() & 0xffff;
  const waiting = new Waiting<Replied>(options);
  const socket = connect({ host: server.address, port: server.port });
  const parts: Buffer[] = [];
  let length = 0;
  socket.on('data', (part) => {
    parts.push(part);
    length += part.length;
    const whole = length < 2 ? undefined : Buffer.concat(parts);
    const end = whole === undefined ? 0 : 2 + whole.readUInt16BE(0);
    if (whole === undefined || length < end) return;
    const reply = readReply(whole.subarray(2, end), question, id);
    if (reply.kind === 'foreign') waiting.reject(new Error('what it says answers nothing'));
    else waiting.resolve(reply);
  });
  socket.on('error', (error) => waiting.reject(error));
  socket.on('end', () => waiting.reject(new Error('it hung up')));
  try {
    const bytes = encodeQuestion(question, { id, edns });
    socket.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]));
    return await waiting.outcome;
  } finally {
    waiting.reject(new Error('over'));
    socket.destroy();
  }
}

/** An outcome that fails by itself when its time is over, or when it is given up. */
class Waiting<T> {
  readonly outcome: Promise<T>;
  private readonly timer: Timer;
  private readonly signal: AbortSignal;
  private readonly settle: { resolve(value: T): void; reject(error: unknown): void };

  constructor({ runtime, server, timeoutMs, signal }: DnsExchangeOptions) {
    this.signal = signal;
    let settle: typeof this.settle = { resolve: () => {}, reject: () => {} };
    this.outcome = new Promise((resolve, reject) => (settle = { resolve, reject }));
    this.settle = settle;
    this.outcome.catch(() => {}); // it may fail before anybody waits for it
    const late = `the name server ${server.address} does not answer`;
    this.timer = runtime.clock.arm(timeoutMs, () => this.reject(new Error(late)));
    signal.addEventListener('abort', this.abort);
    if (signal.aborted) this.abort();
  }

  resolve(value: T): void {
    this.release();
    this.settle.resolve(value);
  }

  reject(error: unknown): void {
    this.release();
    this.settle.reject(error);
  }

  private readonly abort = (): void =>
    this.reject(new StrowgerError('DNS_FAILED', 'the resolver was closed'));

  private release(): void {
    this.timer.cancel();
    this.signal.removeEventListener('abort', this.abort);
  }
}
