import { StrowgerError } from '@strowger/runtime';
import { type ByteSink, SINK_WAITING_BYTES } from './byte-sink.ts';

/** A program that is given the bytes, and says how far it has come. */
export class PushedSink implements ByteSink {
  readonly where = '';
  private readonly push: (bytes: Uint8Array) => void;
  private waiting = 0;
  private failure: StrowgerError | undefined;

  constructor(push: (bytes: Uint8Array) => void) {
    this.push = push;
  }

  get isFull(): boolean {
    return this.failure !== undefined || this.waiting > SINK_WAITING_BYTES;
  }

  write(bytes: Uint8Array): void {
    this.waiting += bytes.length;
    this.push(bytes);
  }

  /** The program has taken so many. */
  taken(bytes: number): void {
    this.waiting -= bytes;
  }

  /** It takes nothing more. */
  fail(message: string): void {
    this.failure ??= new StrowgerError('RECORDING_FAILED', message);
  }

  async close(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
  }
}
