import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Background, background, describeWithPeers, here, until, workFolder } from './lab.ts';
import { sippInBackground } from './sipp.ts';

const PORT = 5090;
const CALLS_OF_EACH_KIND = 25;
const CALLS = 2 * CALLS_OF_EACH_KIND;
/** What the callers do before they go on. */
const WAIT_MS = 8000;

describeWithPeers(['sipp'], 'live calls of a process that is killed', () => {
  it('go on in another process, both ways', async () => {
    const folder = workFolder('continue');
    const disk = join(folder, 'dialogs');
    mkdirSync(disk);
    const first = await start(folder, 'first');
    const callers = [
      call(folder, 'caller-goes-on', 5091, ['-d', String(WAIT_MS)]),
      call(folder, 'caller-is-continued', 5092),
    ];
    await until('all calls are up and saved', () => confirmed(disk) === CALLS, 7000);
    expect(await first.stop('SIGKILL')).toBe(128);

    const second = await start(folder, 'second');
    expect(second.output().match(/^restored /gmu)).toHaveLength(CALLS);
    const codes = await Promise.all(callers.map(({ ended }) => ended));
    expect(codes, callers.map((caller) => caller.output().slice(-1500)).join('\n')).toEqual([0, 0]);
    await until('every dialog is over', () => readdirSync(disk).length === 0);
    expect(second.output().match(/^ended .* bye remote$/gmu)).toHaveLength(CALLS_OF_EACH_KIND);
    expect(second.output().match(/^ended .* bye local$/gmu)).toHaveLength(CALLS_OF_EACH_KIND);
    expect(second.output()).not.toContain('failed');
    expect(await second.stop()).toBe(0);
    expect(second.output()).toMatch(/^left \{"dialogs":0,/mu);
  });
});

async function start(folder: string, name: string): Promise<Background> {
  const program = join(here, 'saved-calls.mjs');

  const running = background(join(folder, `${name}.log`), [
    process.execPath,
    program,
    String(PORT),
    join(folder, 'dialogs'),
  ]);
  await until(`the ${name} process is ready`, () => /^ready$/mu.test(running.output()));
  return running;
}

function call(folder: string, scenario: string, port: number, more: string[] = []): Background {
  const count = String(CALLS_OF_EACH_KIND);
  const own = ['-i', '127.0.0.1', '-p', String(port), '-m', count, '-l', count, '-r', count];
  return sippInBackground(folder, scenario, [`127.0.0.1:${PORT}`, ...own, ...more], 45);
}

/** How many dialogs are saved whose INVITE is acknowledged. */
function confirmed(disk: string): number {
  return readdirSync(disk).filter(
    (name) =>
      name.endsWith('.json') && !readFileSync(join(disk, name), 'utf8').includes('"invite"'),
  ).length;
}
