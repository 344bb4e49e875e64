import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { CallRecord } from '@strowger/call-engine';
import { SqliteStores } from '@strowger/store-sqlite';
import { type Background, background, root, until } from './lab.ts';

/** The PBX as a process of its own, built, with a configuration file. */
export class Pbx {
  readonly program: Background;
  private readonly http: string;
  private readonly database: string;

  private constructor(folder: string, configuration: object, http: string) {
    const file = join(folder, 'pbx.json');
    writeFileSync(file, JSON.stringify(configuration, null, 2));
    this.http = http;
    this.database = join(folder, 'strowger.db');
    this.program = background(
      join(folder, 'pbx.log'),
      [process.execPath, join(root, 'apps/pbx/dist/main.js'), '--config', file],
      { cwd: folder },
    );
    putFirst(this.program.child.pid);
  }

  /** Starts it and waits until it takes calls. */
  static async start(folder: string, over: object = {}): Promise<Pbx> {
    const configuration = {
      domain: '127.0.0.1',
      listen: ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060', 'udp:[::1]:5060', 'tcp:[::1]:5060'],
      http: { listen: '127.0.0.1:8080' },
      media: { address: '127.0.0.1', ports: '20000-29999', codecs: ['pcmu', 'pcma'] },
      store: `sqlite:${join(folder, 'strowger.db')}`,
      users: ['alice', 'bob', 'carol', 'dave'].map((user) => ({ user, password: `pw-${user}` })),
      ...over,
    };
    const pbx = new Pbx(folder, configuration, configuration.http.listen);
    await until('the PBX is ready', () => /^ready: /m.test(pbx.program.output()), 15_000);
    return pbx;
  }

  async get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`http://${this.http}${path}`);
    return { status: response.status, body: await response.json() };
  }

  /** What is alive in it: every count of `/health`. */
  async counts(): Promise<Record<string, number>> {
    const { body } = await this.get('/health');
    // our own answer, whose shape the pbx's tests check
    return (body as { counts: Record<string, number> }).counts;
  }

  /** Waits until nothing of any call is left. */
  async isQuiet(ms = 40_000): Promise<void> {
    const kinds = ['calls', 'sessions', 'dialogs', 'transactions', 'endpoints', 'ports', 'timers'];
    await until(
      'nothing is left over in the PBX',
      async () => {
        const counts = await this.counts();
        return kinds.every((kind) => counts[kind] === 0);
      },
      ms,
    );
  }

  /** The call detail records that it wrote last, latest first, read from its database. */
  async cdrs(limit: number): Promise<readonly CallRecord[]> {
    const stores = SqliteStores.open({ path: this.database });
    try {
      return await stores.cdrs.recent(limit);
    } finally {
      stores.close();
    }
  }

  /** Drains and ends it; resolves with the exit code. */
  stop(): Promise<number> {
    return this.program.stop('SIGTERM', 20_000);
  }
}

/**
 * Puts a process before all others, where we may: on a machine that is busy with something else a PBX
 * rightly refuses calls (RFC 7339), which no test here is about.
 */
function putFirst(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, -10);
  } catch {
    // for those with the right alone
  }
}
