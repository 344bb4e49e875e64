import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SqliteStores } from '@strowger/store-sqlite';

/** The exchange of the demonstration: a process of its own, as people start it. */
export interface DemoPbx {
  readonly sipPort: number;
  /** What it said when it was ready. */
  readonly banner: string;
  /** The record of the one call, which is written soon after it ended. Rejects after 5 s. */
  callDetailRecord(): Promise<unknown>;
  stop(): Promise<void>;
}

/** The password of a user of the demonstration. */
export function demoPassword(user: string): string {
  return `demo-${user}`;
}

/** Starts it with the users `alice` and `bob`; its database lies in `folder`. */
export async function startPbx(folder: string): Promise<DemoPbx> {
  const sipPort = await freePort();
  const database = join(folder, 'strowger.db');
  const { pbx, banner } = await launch(folder, {
    domain: 'pbx.example',
    listen: [`udp:127.0.0.1:${sipPort}`],
    http: { listen: `127.0.0.1:${await freePort()}` },
    store: `sqlite:${database}`,
    users: ['alice', 'bob'].map((user) => ({ user, password: demoPassword(user) })),
  });
  return {
    sipPort,
    banner,
    callDetailRecord: () => untilWritten(database),
    stop: () => stop(pbx),
  };
}

async function launch(
  folder: string,
  config: object,
): Promise<{ pbx: ChildProcess; banner: string }> {
  const file = join(folder, 'pbx.json');
  writeFileSync(file, JSON.stringify(config));
  const program = fileURLToPath(new URL('../../pbx/dist/main.js', import.meta.url));
  const pbx = spawn(process.execPath, [program, '--config', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => pbx.kill('SIGKILL'));
  const banner = await new Promise<string>((resolve, reject) => {
    pbx.once('exit', (code) => reject(new Error(`the PBX ended with ${code}`)));
    pbx.stdout.once('data', (said: Buffer) => resolve(said.toString().trim()));
  });
  return { pbx, banner };
}

function stop(pbx: ChildProcess): Promise<void> {
  if (pbx.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    pbx.once('exit', () => resolve());
    pbx.kill('SIGTERM');
  });
}

/** The record of the one call, which is written soon after it ended. */
async function untilWritten(database: string): Promise<unknown> {
  const stores = SqliteStores.open({ path: database });
  try {
    for (let tries = 0; tries < 50; tries++) {
      const [record] = await stores.cdrs.recent(1);
      if (record !== undefined) return record;
      await pause(100);
    }
    throw new Error('no call detail record was written');
  } finally {
    stores.close();
  }
}

/** A TCP port that nobody uses; the same number is free for UDP on any but a busy machine. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
