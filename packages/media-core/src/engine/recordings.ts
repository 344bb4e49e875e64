import { StrowgerError } from '@strowger/runtime';
import type { Recorded } from '../core/core-api.ts';
import type { RecordingTarget } from '../recording/index.ts';
import type { AudioEvent, CoreEndpoint } from './core-endpoint.ts';
import type {
  Recording,
  RecordOptions,
  RecordTarget,
  StoredRecordTarget,
} from './media-capabilities.ts';

type Writer = WritableStreamDefaultWriter<Uint8Array>;

/** What is recorded of an endpoint, as its owner sees it. */
export class Recordings {
  private readonly core: CoreEndpoint;
  /** Of the programs that take what is recorded, by the recording's number. */
  private readonly writers = new Map<number, Writer>();
  private numbers = 0;
  /** The recording that was begun and not yet asked to stop. */
  private current: number | undefined;

  constructor(core: CoreEndpoint) {
    this.core = core;
  }

  /** One at a time: `MEDIA_WRONG_STATE`. */
  async start(
    target: RecordTarget,
    { channels = 'mono', format = 'wav' }: RecordOptions,
  ): Promise<Recording> {
    const { id, api } = this.core;
    if (this.current !== undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is being recorded already');
    }
    const writer = writerOf(target);
    const number = ++this.numbers;
    this.current = number;
    if (writer !== undefined) this.writers.set(number, writer);
    try {
      await api.record({ id, recording: number, target: coreTargetOf(target), channels, format });
    } catch (error) {
      this.current = undefined;
      this.writers.delete(number);
      writer?.releaseLock();
      throw error;
    }
    return this.recording(number);
  }

  /** Bytes for the program: the core is told when it has taken them. */
  take({ recording, bytes }: Extract<AudioEvent, { type: 'recorded' }>): void {
    const writer = this.writers.get(recording);
    if (writer !== undefined) void this.pass(recording, writer, bytes);
  }

  /** The endpoint was closed, and with it what was being recorded. */
  closed(): void {
    for (const writer of this.writers.values()) writer.close().catch(told);
    this.writers.clear();
  }

  private async pass(recording: number, writer: Writer, bytes: Uint8Array): Promise<void> {
    const { core } = this;
    const { length } = bytes; // before it may move
    try {
      await writer.write(bytes);
      if (!core.hasEnded) await core.api.recordTaken({ id: core.id, recording, bytes: length });
    } catch (error) {
      const message = `the stream takes no more: ${String(error)}`;
      if (core.hasEnded) return;
      await core.api.recordFailed({ id: core.id, recording, message }).catch(told);
    }
  }

  private recording(number: number): Recording {
    const { core } = this;
    let stopped: Promise<Recorded> | undefined;
    const pause = (paused: boolean): void => {
      const isOver = stopped !== undefined || core.hasEnded;
      if (!isOver) core.api.pauseRecord({ id: core.id, paused }).catch(told);
    };
    return {
      stop: () => (stopped ??= this.stop(number)),
      pause: () => pause(true),
      resume: () => pause(false),
    };
  }

  private async stop(number: number): Promise<Recorded> {
    this.current = undefined;
    const recorded = await this.stopped();
    const writer = this.writers.get(number);
    if (writer === undefined) return recorded;
    this.writers.delete(number);
    try {
      await writer.close();
    } catch (cause) {
      const message = `the stream could not be closed: ${String(cause)}`;
      throw new StrowgerError('RECORDING_FAILED', message, { cause });
    }
    return recorded;
  }

  /** Who hangs up first has completed it: then this tells what it holds. */
  private async stopped(): Promise<Recorded> {
    const { core } = this;
    if (!core.hasEnded) return core.api.stopRecord({ id: core.id });
    await core.close();
    const { recorded } = core;
    if (recorded === undefined) throw new StrowgerError('MEDIA_FAILED', 'The recording was lost');
    if ('code' in recorded) throw new StrowgerError(recorded.code, recorded.message);
    return recorded;
  }
}

/** Where something is stored, as the core knows it. */
export function storedTargetOf(target: StoredRecordTarget): RecordingTarget {
  return typeof target === 'string' ? { type: 'file', path: target } : target;
}

function coreTargetOf(target: RecordTarget): RecordingTarget {
  if (typeof target === 'object' && target.type === 'stream') return { type: 'pushed' };
  return storedTargetOf(target);
}

function writerOf(target: RecordTarget): Writer | undefined {
  if (typeof target === 'string' || target.type !== 'stream') return undefined;
  if (target.stream.locked) {
    throw new StrowgerError('MEDIA_WRONG_STATE', 'The stream is being written to already');
  }
  return target.stream.getWriter();
}

/** It fails only with the endpoint, or with the stream, which is told elsewhere. */
function told(): void {}
