import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav, toneShare } from '@strowger/media-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPhone, PhoneProcess } from './built-phone.ts';

/** No program of the system hears or speaks in these tests. */
const SILENT = { PATH: '/nowhere' };
const folder = mkdtempSync(join(tmpdir(), 'strowger-phone-'));
const wav = (name: string): string => join(folder, `${name}.wav`);
let program = '';

const phone = (args: string, env: NodeJS.ProcessEnv = SILENT): PhoneProcess =>
  new PhoneProcess(program, args.split(' '), env);

/** A phone that waits for a call, and where it can be called. */
async function waiting(args: string): Promise<{ bob: PhoneProcess; contact: string }> {
  const bob = phone(`answer ${args}`);
  const [, contact = ''] = await bob.says(/(sip:[^\s"]+)/);
  return { bob, contact };
}

beforeAll(async () => {
  program = await buildPhone();
}, 60_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(program, '..'), { recursive: true, force: true });
});

/** For how many seconds a tone dominates a recording. */
async function secondsOf(file: string, hz: number): Promise<number> {
  const { samples } = await readWav(file);
  let windows = 0;
  for (let at = 0; at + 800 <= samples.length; at += 800) {
    const part = samples.subarray(at, at + 800);
    if (part.some((sample) => Math.abs(sample) > 500) && toneShare(part, 8000, hz) > 0.8) windows++;
  }
  return windows / 10;
}

describe('two phones without a PBX', () => {
  it.each([
    ['127.0.0.1', 'udp'],
    ['127.0.0.1', 'tcp'],
    ['[::1]', 'udp'],
    ['[::1]', 'tcp'],
  ])(
    'hear each other over %s %s',
    async (host, transport) => {
      const name = `${transport}${host.length}`;
      const { bob, contact } = await waiting(
        `--listen ${host}:0 -t ${transport} --play tone:880 --record ${wav(`bob-${name}`)} --json`,
      );
      const alice = phone(
        `call ${contact} -t ${transport} --play tone:440 --record ${wav(`alice-${name}`)} --dtmf 12# --duration 3s --json`,
      );
      expect([await alice.ends(), await bob.ends()], alice.text + bob.text).toEqual([0, 0]);
      expect(bob.events.filter(({ type }) => type === 'digit')).toEqual(
        ['1', '2', '#'].map((digit) => ({ type: 'digit', digit })),
      );
      expect(alice.events.at(-1)).toMatchObject({
        type: 'ended',
        reason: { kind: 'hungUp', by: 'local' },
        stats: { codec: 'pcmu', packetsLost: 0, jitterMs: expect.any(Number) },
      });
      expect(await secondsOf(wav(`bob-${name}`), 440)).toBeGreaterThan(1);
      expect(await secondsOf(wav(`alice-${name}`), 880)).toBeGreaterThan(2);
    },
    20_000,
  );

  it('say in words how it went, and that there is no microphone and no speaker', async () => {
    const { bob, contact } = await waiting('--play tone:880');
    const alice = phone(`call ${contact} --duration 1s`);
    expect([await alice.ends(), await bob.ends()], alice.text + bob.text).toEqual([0, 0]);
    for (const line of [
      `calling ${contact}`,
      'ringing …',
      'no microphone: none of rec (sox), arecord (alsa-utils), ffmpeg is installed',
      'no speaker: none of play (sox), aplay (alsa-utils), ffplay (ffmpeg) is installed',
      `talking with ${contact}`,
      'we hung up',
      'talked for 1.0 s',
      'codec pcmu, sent ',
      'lost 0 (0.0 %), jitter ',
      'round trip ',
    ]) {
      expect(alice.text).toContain(line);
    }
    expect(bob.text).toContain('sip:phone@127.0.0.1 calls');
    expect(bob.text).toContain('they hung up');
  });

  it('hang up at Ctrl-C', async () => {
    const { bob, contact } = await waiting('--play tone:880');
    const alice = phone(`call ${contact} --play tone:440`);
    await Promise.all([alice.says(/talking/), bob.says(/talking/)]);
    alice.interrupt();
    expect([await alice.ends(), await bob.ends()]).toEqual([0, 0]);
    expect(alice.text).toContain('we hung up');
    expect(bob.text).toContain('they hung up');
  });

  it('end at Ctrl-C while they wait', async () => {
    const { bob } = await waiting('--json');
    bob.interrupt();
    expect(await bob.ends()).toBe(0);
  });

  it('ask what the other can do', async () => {
    const { bob, contact } = await waiting('--json');
    const asking = phone(`options ${contact}`);
    expect(await asking.ends()).toBe(0);
    expect(asking.text).toMatch(/^200 OK after \d+\.\d ms; allows INVITE, ACK, CANCEL, BYE/);
    bob.interrupt();
    expect(await bob.ends()).toBe(0);
  });
});

describe('what goes wrong', () => {
  it.each([
    ['call sip:bob@127.0.0.1:9 -t tcp --json', 7, 'transportFailed'],
    ['call tel:+4912 --json', 2, 'cannot be called'],
    ['call sip:bob@127.0.0.1 -u nobody@', 2, 'uri'],
    ['answer --listen 192.0.2.1:5060', 7, 'cannot listen'],
    ['answer --listen here', 2, 'cannot listen on udp:here'],
    ['options sip:bob@[::1] --listen 127.0.0.1:0', 7, 'no route'],
    ['dance', 2, 'unknown command'],
    ['--help', 0, 'A telephone for the command line'],
  ])('%s ends with %d', async (args, code, word) => {
    const one = phone(args);
    expect(await one.ends(), one.text).toBe(code);
    expect(one.text).toContain(word);
  });

  it('is told of a file that cannot be played or written', async () => {
    for (const option of ['--play missing.wav', '--record /nowhere/at/all.wav']) {
      const { bob, contact } = await waiting('--play tone:880');
      const alice = phone(`call ${contact} ${option}`);
      expect(await alice.ends(), alice.text).not.toBe(0);
      expect(alice.text).toContain('error: ');
      expect(await bob.ends()).toBe(0);
    }
  });

  it('gives up a registrar that is away at Ctrl-C', async () => {
    const one = phone('register -u sip:alice@127.0.0.1:9 -p x -t tcp');
    await one.says(/not registered: no answer; again in 1 s/);
    one.interrupt();
    expect(await one.ends()).toBe(7);
  });
});
