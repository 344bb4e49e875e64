import { StrowgerError } from '@strowger/runtime';
import type { Recorded } from '../core/core-api.ts';
import type { RecordingTarget } from '../recording/index.ts';
import type { CoreEndpoint } from './core-endpoint.ts';
import type {
  Recording,
  RecordOptions,
  RecordTarget,
  StoredRecordTarget,
} from './media-backend.ts';

/** What is recorded of an endpoint, as its owner sees it. */
export class Recordings {
  private readonly core: CoreEndpoint;
  /** Of the program that takes what is being recorded. */
  private writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  /** From its start until its stop is asked for. */
  private isOpen = false;

  constructor(core: CoreEndpoint) {
    this.core = core;
  }

  /** One at a time: `MEDIA_WRONG_STATE`. */
  async start(
    target: RecordTarget,
    { channels = 'mono', format = 'wav' }: RecordOptions,
  ): Promise<Recording> {
    const { id, api } = this.core;
    if (this.isOpen) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is being recorded already');
    }
    const writer = writerOf(target);
    const before = this.writer;
    this.writer = writer ?? before;
    this.isOpen = true;
    try {
      await api.record({ id, target: coreTargetOf(target), channels, format });
    } catch (error) {
      this.writer = before;
      this.isOpen = false;
      writer?.releaseLock();
      throw error;
    }
    return this.recording(writer);
  }

  /** Bytes for the program: the core is told when it has taken them. */
  take(bytes: Uint8Array): void {
    const { length } = bytes; // before it may move
    if (this.writer !== undefined) void this.pass(this.writer, bytes, length);
  }

  /** The endpoint was closed, and with it what was being recorded. */
  closed(): void {
    this.writer?.close().catch(told);
    this.writer = undefined;
  }

  private async pass(
    writer: WritableStreamDefaultWriter<Uint8Array>,
    bytes: Uint8Array,
    length: number,
  ): Promise<void> {
    const { core } = this;
    try {
      await writer.write(bytes);
      if (!core.hasEnded) await core.api.recordTaken({ id: core.id, bytes: length });
    } catch (error) {
      const message = `the stream takes no more: ${String(error)}`;
      if (!core.hasEnded) await core.api.recordFailed({ id: core.id, message }).catch(told);
    }
  }

  private recording(writer: WritableStreamDefaultWriter<Uint8Array> | undefined): Recording {
    const { core } = this;
    let stopped: Promise<Recorded> | undefined;
    const pause = (paused: boolean): void => {
      const isOver = stopped !== undefined || core.hasEnded;
      if (!isOver) core.api.pauseRecord({ id: core.id, paused }).catch(told);
    };
    return {
      stop: () => (stopped ??= this.stop(writer)),
      pause: () => pause(true),
      resume: () => pause(false),
    };
  }

  private async stop(
    writer: WritableStreamDefaultWriter<Uint8Array> | undefined,
  ): Promise<Recorded> {
    this.isOpen = false;
    const recorded = await this.stopped();
    if (writer === undefined || this.writer !== writer) return recorded;
    this.writer = undefined;
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

function writerOf(target: RecordTarget): WritableStreamDefaultWriter<Uint8Array> | undefined {
  if (typeof target === 'string' || target.type !== 'stream') return undefined;
  if (target.stream.locked) {
    throw new StrowgerError('MEDIA_WRONG_STATE', 'The stream is being written to already');
  }
  return target.stream.getWriter();
}

/** It fails only with the endpoint, or with the stream, which is told elsewhere. */
function told(): void {}
