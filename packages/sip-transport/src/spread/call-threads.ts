import { MessageChannel, Worker, type WorkerOptions } from 'node:worker_threads';
import { canReusePort, type Runtime, StrowgerError } from '@strowger/runtime';
import type { TransportLayer } from '../transport-layer.ts';
import { type Seat, type SeatOrder, type SeatReport, seatsOf, type SpreadMode } from './seat.ts';
import { SpreadTransport, type SpreadTransportOptions } from './spread-transport.ts';

/** How long a new thread may take to be ready. */
const READY_MS = 30_000;

/** A thread that dies sooner than this after its start is not replaced at once. */
const RESTART_MS = 1000;

/** What `startCallThreads` needs. */
export interface CallThreadsOptions {
  readonly runtime: Runtime;
  /** The module that each thread runs: it calls `joinCallThreads`. */
  readonly script: URL;
  /** Threads that own calls, 1 to 256. */
  readonly threads: number;
  /** Default: `reusePort` where this Node and this system have it, else `dispatch`. */
  readonly mode?: SpreadMode;
  /** How the dispatching thread listens; threads are given the same by their script. */
  readonly transport: SpreadTransportOptions['transport'];
  readonly workerData?: WorkerOptions['workerData'];
  /** A thread died, and its calls with it; another takes its place. */
  onThreadDied?(index: number, error: unknown): void;
}

/** Threads that share listeners, and divide calls among them. */
export interface CallThreads {
  readonly mode: SpreadMode;
  /** Where the dispatching thread listens; empty where the threads do. */
  readonly listening: TransportLayer['listening'];
  /** Messages that no thread took because it was too far behind, in this thread. */
  readonly dropped: number;
  /** Lets every thread leave (`onLeave`), then ends those that have not left by then. */
  close(options?: { deadlineMs?: number }): Promise<void>;
}

/**
 * Starts threads that own calls. Every message of a call comes to the thread that owns its Call-ID;
 * a thread that dies is replaced, and the others go on. Rejects with `BAD_THREADS`,
 * `REUSE_PORT_UNSUPPORTED`, `LISTEN_FAILED`, `THREAD_FAILED`.
 */
export async function startCallThreads(options: CallThreadsOptions): Promise<CallThreads> {
  const threads = new Threads(options);
  await threads.start();
  return threads;
}

interface Member {
  readonly seat: Seat;
  readonly worker: Worker;
  readonly startedAt: number;
  readonly ended: Promise<void>;
}

class Threads implements CallThreads {
  readonly mode: SpreadMode;
  private readonly options: CallThreadsOptions;
  private readonly seats: readonly Seat[];
  private readonly members = new Map<number, Member>();
  private dispatcher: SpreadTransport | undefined;
  private isClosing = false;

  constructor(options: CallThreadsOptions) {
    const { threads, mode = canReusePort() ? 'reusePort' : 'dispatch' } = options;
    if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
      throw new StrowgerError('BAD_THREADS', `threads must be 1 to 256, not ${threads}`);
    }
    if (mode === 'reusePort' && !canReusePort()) {
      const what = 'SO_REUSEPORT needs Linux and Node 22.12 or later: use the mode dispatch';
      throw new StrowgerError('REUSE_PORT_UNSUPPORTED', what);
    }
    this.mode = mode;
    this.options = options;
    this.seats = seatsOf(mode, threads);
  }

  get listening(): TransportLayer['listening'] {
    return this.dispatcher?.listening ?? [];
  }

  get dropped(): number {
    return this.dispatcher?.dropped ?? 0;
  }

  async start(): Promise<void> {
    try {
      if (this.mode === 'dispatch') await this.startDispatcher();
      for (const seat of this.workerSeats) await this.startThread(seat);
    } catch (error) {
      await this.close({ deadlineMs: 0 });
      throw error;
    }
  }

  async close({ deadlineMs = 10_000 } = {}): Promise<void> {
    this.isClosing = true;
    const { clock } = this.options.runtime;
    const left = [...this.members.values()].map(({ worker, ended }) => {
      order(worker, { type: 'leave' });
      const deadline = clock.arm(deadlineMs, () => void worker.terminate());
      return ended.then(() => deadline.cancel());
    });
    await Promise.all(left);
    await this.dispatcher?.close();
    this.members.clear();
  }

  private get workerSeats(): readonly Seat[] {
    return this.seats.filter(({ index, owners }) => owners.includes(index));
  }

  private async startDispatcher(): Promise<void> {
    const [seat] = this.seats;
    if (seat === undefined) return;
    const { runtime, transport } = this.options;
    // it owns no call, so it is told of no message
    this.dispatcher = new SpreadTransport({ runtime, transport, seat, onMessage: () => {} });
    await this.dispatcher.start();
  }

  /** Starts a thread, links it to all that are there, and waits until it is ready. */
  private async startThread(seat: Seat): Promise<void> {
    const { script, workerData, runtime } = this.options;
    const worker = newWorker(script, workerData);
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const member: Member = { seat, worker, ended, startedAt: runtime.clock.now() };
    const ready = readiness(worker, runtime);
    this.introduce(member);
    this.members.set(seat.index, member);
    await ready;
    worker.on('error', (error) => this.died(member, error));
    worker.on('exit', (code) => this.died(member, new Error(`the thread ended with ${code}`)));
  }

  private introduce({ seat, worker }: Member): void {
    const ports: [number, MessageChannel['port1']][] = [];
    for (const { seat: other, worker: otherWorker } of this.members.values()) {
      const { port1, port2 } = new MessageChannel();
      ports.push([other.index, port1]);
      order(otherWorker, { type: 'meet', index: seat.index, port: port2 });
    }
    if (this.dispatcher !== undefined) {
      const { port1, port2 } = new MessageChannel();
      ports.push([0, port1]);
      this.dispatcher.meet(seat.index, port2);
    }
    order(worker, { type: 'sit', seat, ports });
  }

  private died(member: Member, error: unknown): void {
    if (this.isClosing || this.members.get(member.seat.index) !== member) return;
    this.members.delete(member.seat.index);
    this.options.onThreadDied?.(member.seat.index, error);
    const { clock } = this.options.runtime;
    const early = clock.now() - member.startedAt < RESTART_MS;
    clock.arm(early ? RESTART_MS : 0, () => this.replace(member.seat));
  }

  private replace(seat: Seat): void {
    if (this.isClosing) return;
    this.startThread(seat).catch((error: unknown) => {
      const member = this.members.get(seat.index);
      if (member !== undefined) this.died(member, error);
    });
  }
}

function newWorker(script: URL, workerData: CallThreadsOptions['workerData']): Worker {
  try {
    return new Worker(script, { workerData });
  } catch (error) {
    throw failed(error);
  }
}

function order(worker: Worker, message: SeatOrder): void {
  const ports = message.type === 'sit' ? message.ports.map(([, port]) => port) : [];
  worker.postMessage(message, message.type === 'meet' ? [message.port] : ports);
}

/** Resolves when the thread says so; rejects when it ends, or says nothing for too long. */
function readiness(worker: Worker, { clock }: Runtime): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      timer.cancel();
      worker.off('message', heard);
      worker.off('error', settle);
      worker.off('exit', ended);
      if (error === undefined) resolve();
      else reject(failed(error));
    };
    const heard = ({ type }: SeatReport): void => {
      if (type === 'ready') settle();
    };
    const ended = (code: number): void => settle(new Error(`the thread ended with ${code}`));
    const timer = clock.arm(READY_MS, () => settle(new Error(`not ready after ${READY_MS} ms`)));
    worker.on('message', heard);
    worker.on('error', settle);
    worker.on('exit', ended);
  });
}

function failed(cause: unknown): StrowgerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('THREAD_FAILED', `a call thread did not start: ${why}`, { cause });
}
