import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Clock, nodeRuntime, type Runtime } from '@strowger/runtime';
import type { CoreApi, CoreError, CoreEvent } from './core/core-api.ts';
import { gatheredDatagrams } from './core/gathered-datagrams.ts';
import { importDatagrams } from './core/import-datagrams.ts';
import { markedDatagrams } from './core/marked-datagrams.ts';
import { MediaCore } from './core/media-core.ts';
import type { FromWorker, ToWorker, WorkerData } from './core/messages.ts';
import { type ThreadPause, threadPause } from './core/thread-pause.ts';

// The entry of a worker thread: a core behind a channel.

// started by `workerHost` alone, which gives it this
if (parentPort !== null) serve(parentPort, workerData as WorkerData);

function serve(port: MessagePort, data: WorkerData): void {
  const { codecs, beats, beatMs } = data;
  const tell = (message: FromWorker, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  const pause = threadPause();
  beat(beats, nodeRuntime().clock, beatMs);
  const core = runtimeOf(data, pause).then(
    (runtime) =>
      new MediaCore({
        runtime,
        codecs,
        pause,
        onEvent(id, event) {
          tell({ type: 'event', id, event }, movedWith(event));
        },
      }),
  );
  core.catch(() => {}); // every call tells why there is none
  port.on('message', (message: ToWorker) => {
    const { call } = message;
    core
      .then((made) => perform(made, message))
      .then(
        (value) => tell({ type: 'resolved', call, value }),
        (error: unknown) => tell({ type: 'rejected', call, error: plain(error) }),
      );
  });
}

async function runtimeOf(
  { wakeUpMs, datagrams: module, dscp }: WorkerData,
  pause: ThreadPause,
): Promise<Runtime> {
  const own = module === undefined ? undefined : await importDatagrams(module);
  const runtime = nodeRuntime({ datagrams: own });
  const { clock } = runtime;
  const datagrams = markedDatagrams(runtime.datagrams, dscp);
  if (wakeUpMs === 0) return { ...runtime, datagrams };
  const gathering = { clock, intervalMs: wakeUpMs, pause };
  return { ...runtime, datagrams: gatheredDatagrams(datagrams, gathering) };
}

/** Shows that this thread's loop turns. */
function beat(beats: Int32Array, clock: Clock, everyMs: number): void {
  Atomics.add(beats, 0, 1);
  clock.arm(everyMs, () => beat(beats, clock, everyMs));
}

async function perform(core: CoreApi, { method, request }: ToWorker): Promise<unknown> {
  // the union ties each request to its method; TypeScript does not follow that through an index
  const call = core[method] as (request: unknown) => Promise<unknown>;
  return call.call(core, request);
}

/** Errors of the system have codes too: `EADDRINUSE`. */
function plain(error: unknown): CoreError {
  if (!(error instanceof Error)) return { code: 'MEDIA_FAILED', message: String(error) };
  const { code } = error as { code?: unknown };
  return { code: typeof code === 'string' ? code : 'MEDIA_FAILED', message: error.message };
}

/** What is made for its reader only moves instead of being copied. */
function movedWith(event: CoreEvent): ArrayBuffer[] {
  if (event.type === 'heard') return [event.samples.buffer as ArrayBuffer];
  return event.type === 'recorded' ? [event.bytes.buffer as ArrayBuffer] : [];
}
