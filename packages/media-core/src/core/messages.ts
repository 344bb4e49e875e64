import type { ThreadCodec } from '../codec/codec-library.ts';
import type { CoreApi, CoreError, CoreEvent } from './core-api.ts';

/** What goes to a worker: a call of the core's, numbered. */
export type ToWorker = {
  [Method in keyof CoreApi]: {
    call: number;
    method: Method;
    request: Parameters<CoreApi[Method]>[0];
  };
}[keyof CoreApi];

/** What comes back: the outcome of a call, or an event of an endpoint. */
export type FromWorker =
  | { type: 'resolved'; call: number; value: unknown }
  | { type: 'rejected'; call: number; error: CoreError }
  | { type: 'event'; id: number; event: CoreEvent };

/** What a worker is started with. */
export interface WorkerData {
  /** Codecs beside the built-in ones. */
  readonly codecs: readonly ThreadCodec[];
  /** From one look at its sockets to the next at least; 0 for none. */
  readonly wakeUpMs: number;
  /** The module that makes its sockets, by its URL; absent: `dgram`. */
  readonly datagrams: string | undefined;
  /** The service class of what leaves. */
  readonly dscp: number | undefined;
  /** Its first number goes up every `beatMs` as long as the worker's loop turns. */
  readonly beats: Int32Array;
  readonly beatMs: number;
}
