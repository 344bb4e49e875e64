import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import {
  type Background,
  background,
  describeWithPeers,
  here,
  pause,
  until,
  workFolder,
} from './lab.ts';
import { shows } from './shows.ts';
import { listen } from './sound.ts';

const PORT = 5190;
const PROGRAMS = ['baresip', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(PROGRAMS, 'the live calls of a process that is killed', () => {
  const running: { stop(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  });

  async function start(folder: string, tone: number, firstPort: number): Promise<Background> {
    const program = background(join(folder, `${tone}.log`), [
      process.execPath,
      join(here, 'saved-sessions.mjs'),
      String(PORT),
      join(folder, 'sessions'),
      String(tone),
      String(firstPort),
    ]);
    running.push(program);
    await until('it is ready', () => /^ready$/mu.test(program.output()));
    return program;
  }

  it('have audio again from another process, both ways, and end as calls do', async () => {
    const folder = workFolder('restored-sessions');
    const disk = join(folder, 'sessions');
    mkdirSync(disk);
    const first = await start(folder, 660, 24_000);
    const phones = await Promise.all(
      [5110, 5120].map((port) => new Baresip({ folder, name: `b${port}`, port }).start()),
    );
    running.push(...phones);
    const capture = await Capture.start(folder, 'calls');
    for (const phone of phones) {
      await phone.command('dial', `sip:saved@127.0.0.1:${PORT}`);
      await phone.event('CALL_ESTABLISHED');
    }
    await until('both are heard', () => first.output().match(/^hears /gmu)?.length === 2);
    await pause(1000);
    expect(await first.stop('SIGKILL')).toBe(128);
    expect(readdirSync(disk)).toHaveLength(2);

    const second = await start(folder, 880, 25_000);
    await until(
      'media is back',
      () => second.output().match(/^recovered connected 1$/gmu)?.length === 2,
    );
    await until('both are heard', () => second.output().match(/^hears /gmu)?.length === 2);
    await pause(1500);
    await phones[0]?.command('sndcode', '5');
    await until('its digit', () => /^digit 5$/mu.test(second.output()));
    await phones[0]?.command('hangup');
    await until('it has hung up', () => /^ended hungUp by remote$/mu.test(second.output()));
    expect(await second.stop('SIGTERM', 10_000)).toBe(0);
    expect(second.output()).toMatch(/^ended hungUp by local$/mu);
    await phones[1]?.event('CALL_CLOSED');
    expect(second.output()).toMatch(/^left \{"sessions":0,/mu);
    expect(readdirSync(disk)).toEqual([]);
    await capture.stop();
    for (const phone of phones) {
      const ports = { from: phone.rtpPort, to: phone.rtpPort + 98 };
      const heard = listen(capture.soundsTo({ phone: ports }).phone);
      expect(heard.heardFor(660)).toBeGreaterThan(0.3);
      expect(heard.heardFor(880)).toBeGreaterThan(1);
    }
    shows('baresip', 'Calls: goes on when our process is killed and another takes over');
  });
});
