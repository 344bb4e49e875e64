import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { StrowgerError } from '@strowger/runtime';
import type { ThreadCodec } from '../codec/codec-library.ts';
import type { CoreApi } from '../core/core-api.ts';
import type { FromWorker, WorkerData } from '../core/messages.ts';
import type { CoreHost, HostedEndpoint } from './core-host.ts';
import { WorkerWatch } from './worker-watch.ts';

/** How a worker is started, and who hears of its end: its endpoints are gone with it. */
export interface WorkerHostOptions {
  /** The built `worker.js`. */
  entry: URL;
  /** Codecs beside the built-in ones. */
  codecs: readonly ThreadCodec[];
  wakeUpMs: number;
  /** The module that makes its sockets; absent: `dgram`. */
  datagrams: string | undefined;
  /** The service class of what leaves. */
  dscp: number | undefined;
  /** For how long it may do nothing before it counts as dead. */
  timeoutMs: number;
  /** Told once, unless it was closed. */
  onDied(host: CoreHost, error: StrowgerError): void;
}

/** A worker shows so often that it lives, in the time that it may be silent. */
const BEATS = 40;

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: StrowgerError): void;
}

/** The built entry of a worker: beside this module, or in `dist` when the sources run. */
export function defaultWorkerEntry(): URL {
  const beside = import.meta.url.endsWith('.ts') ? '../../dist/worker.js' : './worker.js';
  return new URL(beside, import.meta.url);
}

/** The core in a thread of its own. @throws StrowgerError `MEDIA_WORKER_MISSING`. */
export function workerHost(options: WorkerHostOptions): CoreHost {
  const { entry, codecs, wakeUpMs, datagrams, dscp, timeoutMs, onDied } = options;
  if (!existsSync(fileURLToPath(entry))) {
    throw new StrowgerError('MEDIA_WORKER_MISSING', `${entry.href} is missing: build the package`);
  }
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const beatMs = timeoutMs / BEATS;
  const workerData: WorkerData = { codecs, wakeUpMs, datagrams, dscp, beats, beatMs };
  const worker = new Worker(entry, { workerData });
  const pending = new Map<number, PendingCall>();
  const endpoints = new Map<number, HostedEndpoint>();
  let calls = 0;
  let state: 'alive' | 'closed' | StrowgerError = 'alive';
  const call = (method: keyof CoreApi, request: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (state !== 'alive') return reject(state === 'closed' ? closedError() : state);
      pending.set(++calls, { resolve, reject });
      worker.postMessage({ call: calls, method, request }, []);
    });
  const host: CoreHost = {
    api: remoteCore(call),
    endpoints,
    get isAlive() {
      return state === 'alive';
    },
    async close() {
      if (state === 'alive') state = 'closed';
      watch.stop();
      await worker.terminate();
    },
  };
  const end = (cause: unknown): void => {
    const error = state === 'closed' ? closedError() : diedError(cause);
    for (const one of pending.values()) one.reject(error);
    pending.clear();
    watch.stop();
    if (state !== 'alive') return;
    state = error;
    onDied(host, error);
  };
  const onHung = (): void => {
    end(new Error(`It did nothing for ${timeoutMs} ms`));
    void worker.terminate(); // whatever it is caught in: its sockets are closed with it
  };
  const watch = new WorkerWatch({ beats, timeoutMs, onHung });
  worker.on('message', (message: FromWorker) => receive(message, pending, endpoints));
  worker.on('error', end);
  worker.on('exit', (code) => end(new Error(`The worker ended with ${code}`)));
  return host;
}

function receive(
  message: FromWorker,
  pending: Map<number, PendingCall>,
  endpoints: Map<number, HostedEndpoint>,
): void {
  if (message.type === 'event') {
    endpoints.get(message.id)?.onCoreEvent(message.event);
    return;
  }
  const call = pending.get(message.call);
  pending.delete(message.call);
  if (message.type === 'resolved') call?.resolve(message.value);
  else call?.reject(new StrowgerError(message.error.code, message.error.message));
}

function remoteCore(call: (method: keyof CoreApi, request: unknown) => Promise<unknown>): CoreApi {
  // the worker runs the same method of the same interface: its value is of that method's type
  const remote = <Method extends keyof CoreApi>(method: Method): CoreApi[Method] =>
    ((request: unknown) => call(method, request)) as CoreApi[Method];
  return {
    open: remote('open'),
    bind: remote('bind'),
    gather: remote('gather'),
    addCandidates: remote('addCandidates'),
    configure: remote('configure'),
    relay: remote('relay'),
    endRelay: remote('endRelay'),
    tap: remote('tap'),
    openPassage: remote('openPassage'),
    setPassage: remote('setPassage'),
    closePassage: remote('closePassage'),
    play: remote('play'),
    stopPlay: remote('stopPlay'),
    pausePlay: remote('pausePlay'),
    feed: remote('feed'),
    finishFeeding: remote('finishFeeding'),
    mark: remote('mark'),
    clear: remote('clear'),
    record: remote('record'),
    recordTaken: remote('recordTaken'),
    recordFailed: remote('recordFailed'),
    pauseRecord: remote('pauseRecord'),
    stopRecord: remote('stopRecord'),
    sendDigits: remote('sendDigits'),
    echo: remote('echo'),
    mute: remote('mute'),
    detectAnswerer: remote('detectAnswerer'),
    listen: remote('listen'),
    say: remote('say'),
    finishSaying: remote('finishSaying'),
    openConference: remote('openConference'),
    joinConference: remote('joinConference'),
    changeMember: remote('changeMember'),
    leaveConference: remote('leaveConference'),
    recordConference: remote('recordConference'),
    stopRecordConference: remote('stopRecordConference'),
    conferenceStats: remote('conferenceStats'),
    closeConference: remote('closeConference'),
    stats: remote('stats'),
    close: remote('close'),
    lateness: remote('lateness'),
  };
}

function closedError(): StrowgerError {
  return new StrowgerError('MEDIA_CLOSED', 'The media engine was closed');
}

function diedError(cause: unknown): StrowgerError {
  const message = `A media worker died: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new StrowgerError('MEDIA_WORKER_DIED', message, { cause });
}
