import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type {
  CallEngine,
  CallEngineOptions,
  RecordedCall,
  RecordingOnDemand,
} from '@strowger/call-engine';
import type { Logger } from '@strowger/runtime';
import { uri } from '@strowger/sip-message';
import type { Config } from './config-schema.ts';
import { aorOf } from './users.ts';

/** What of calls is recorded; makes the folder where we record ourselves. */
export function recordingOf(config: Config): Pick<CallEngineOptions, 'recording'> {
  const { recording } = config;
  if (recording === undefined) return {};
  const { server, answerMs, srtp, folder, format, policy, of, onDemand } = recording;
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const isWanted = of && concerns(of.map((user) => aorOf(user, config)));
  return {
    recording: {
      policy,
      format,
      ...(server === undefined ? {} : { server: { uri: uri(server), answerMs, srtp } }),
      ...(folder === undefined ? {} : { target: (call) => pathOf(call, folder, format) }),
      ...(isWanted && { of: isWanted }),
      ...(onDemand && folder !== undefined && { onDemand: demandOf(config, onDemand, folder) }),
    },
  };
}

function demandOf(
  config: Config,
  { start, pause, stop, by }: OnDemand,
  folder: string,
): RecordingOnDemand {
  const users = by && new Set(by.map((user) => aorOf(user, config)));
  const format = config.recording?.format ?? 'wav';
  return {
    codes: { start, pause, stop },
    target: (call) => pathOf(call, folder, format),
    ...(users && { by: (user) => users.has(user) }),
  };
}

type OnDemand = NonNullable<NonNullable<Config['recording']>['onDemand']>;

/** Says in the log what becomes of recordings. */
export function logRecordings(engine: CallEngine, logger: Logger): void {
  engine.on('recordingFailed', ({ call: { id }, what, reason }) =>
    logger.error({ call: id, what, reason }, 'a call is not recorded'),
  );
  engine.on('callEnded', ({ record: { id, recordings } }) => {
    if (recordings) logger.info({ call: id, recordings }, 'recordings of a call');
  });
}

/** Calls that one of these users makes, or takes. */
function concerns(users: readonly string[]): (call: RecordedCall) => boolean {
  return ({ caller, callee }) => users.includes(caller) || users.includes(callee);
}

/**
 * `2026-01-31T09-30-00.000Z-alice-bob-k3x9.wav`: what sorts by time, and is a name on every file system
 * that no caller can choose.
 */
function pathOf(call: RecordedCall, folder: string, format: string): string {
  const { startedAt, caller, callee, part, id } = call;
  const time = new Date(startedAt).toISOString().replaceAll(':', '-');
  const further = part > 1 ? `-part${part}` : '';
  return join(
    folder,
    `${time}-${wordOf(caller)}-${wordOf(callee)}-${id.slice(0, 6)}${further}.${format}`,
  );
}

/** The user of an address, of letters, digits and `+` alone. */
function wordOf(address: string): string {
  const user = /^(?:sips?:|tel:)?([^@;]*)/u.exec(address)?.[1] ?? '';
  return user.replaceAll(/[^A-Za-z0-9+]/gu, '').slice(0, 40) || 'unknown';
}
