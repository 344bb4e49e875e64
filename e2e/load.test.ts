import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMessage, validateMessage } from '@strowger/sip-message';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capture } from './capture.ts';
import { describeWithPeers, isListening, pause, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { sipp, sippInBackground } from './sipp.ts';
import { listen, writeTone } from './sound.ts';

const here = ['-i', '127.0.0.1'];
const register = (user: string, port: number): string[] => [
  '127.0.0.1:5060',
  ...here,
  '-p',
  String(port),
  '-m',
  '1',
  '-s',
  user,
  '-au',
  user,
  '-ap',
  `pw-${user}`,
];
const call = (callee: string, port: number, calls: number, rate: number): string[] => [
  '127.0.0.1:5060',
  ...here,
  '-p',
  String(port),
  '-m',
  String(calls),
  '-r',
  String(rate),
  '-s',
  callee,
  '-set',
  'caller',
  'alice',
  '-au',
  'alice',
  '-ap',
  'pw-alice',
];

describeWithPeers(['sipp', 'ss', 'dumpcap', 'tshark'], 'sipp through the PBX', () => {
  const folder = workFolder('load');
  let pbx: Pbx;

  beforeAll(async () => {
    pbx = await Pbx.start(folder);
  });
  afterAll(async () => {
    expect(await pbx.stop()).toBe(0);
  });

  it('500 calls at 25 calls/s: none failed, none left over', async () => {
    expect(sipp(folder, 'register', register('alice', 5072)).status).toBe(0);
    expect(sipp(folder, 'register', register('bob', 5070)).status).toBe(0);
    const callee = sippInBackground(folder, 'callee', [...here, '-p', '5070']);
    await until('the callee listens', () => isListening(5070));
    const capture = await Capture.start(folder, 'load');
    const result = sipp(folder, 'caller', [...call('bob', 5072, 500, 25), '-d', '500'], 90);
    await callee.stop(); // `timeout` passes the signal on, and kills sipp two seconds later
    await capture.stop();
    expect(result, result.errors).toMatchObject({ status: 0, successful: 500, failed: 0 });
    await pbx.isQuiet();
    const cdrs = await pbx.cdrs(1000);
    expect(cdrs.filter(({ outcome }) => outcome === 'answered')).toHaveLength(500);
    const sent = capture.fields('sip && udp.srcport == 5060', 'udp.payload');
    expect(sent.length).toBeGreaterThanOrEqual(500 * 7);
    for (const [hex = ''] of sent) {
      const parsed = parseMessage(Buffer.from(hex.replaceAll(':', ''), 'hex'));
      expect(parsed.ok && validateMessage(parsed.value)).toBeUndefined();
    }
  }, 200_000);
});

describeWithPeers(['sipp', 'dumpcap', 'tshark', 'sox'], 'the echo service', () => {
  const folder = workFolder('echo');
  let pbx: Pbx;

  beforeAll(async () => {
    pbx = await Pbx.start(folder);
    writeTone(join(folder, 'tone.ulaw'), 440, 10, ['-e', 'u-law', '-t', 'raw']);
    writeFileSync(join(folder, 'read.me'), 'tone.ulaw is what sipp streams\n');
  });
  afterAll(async () => {
    expect(await pbx.stop()).toBe(0);
  });

  it('sends sipp back what it says', async () => {
    const capture = await Capture.start(folder, 'echo');
    const media = ['-mi', '127.0.0.1', '-mp', '6100', '-d', '3000'];
    const result = sipp(folder, 'caller-rtp', [...call('*43', 5072, 1, 1), ...media], 40);
    expect(result, result.errors).toMatchObject({ status: 0, successful: 1 });
    await pause(200);
    await capture.stop();
    const sent = capture.count('rtp && udp.srcport == 6100');
    expect(sent).toBeGreaterThan(100);
    expect(capture.count('rtp && udp.dstport == 6100')).toBeGreaterThan(sent * 0.95);
    // the sound, not the bytes: the jitter buffer may shift it by periods of the tone
    const heard = listen(capture.sound('udp.dstport == 6100')).heardFor(440);
    expect(heard).toBeGreaterThan(sent * 0.02 * 0.9);
  });
});

describeWithPeers(['sipp', 'ss'], 'a PBX that is told to stop during a call', () => {
  const folder = workFolder('drain');

  it('ends the call with BYE at the deadline, writes its record, and exits 0', async () => {
    const pbx = await Pbx.start(folder, { drainMs: 1000 });
    expect(sipp(folder, 'register', register('bob', 5070)).status).toBe(0);
    const callee = sippInBackground(folder, 'callee', [...here, '-p', '5070', '-m', '1']);
    await until('the callee listens', () => isListening(5070));
    const caller = sippInBackground(folder, 'caller', [...call('bob', 5072, 1, 1), '-d', '30000']);
    await until('the call is up', async () => (await pbx.counts())['calls'] === 1);
    await pause(1000);
    expect(await pbx.stop()).toBe(0);
    expect(await callee.ended, 'the callee was sent its BYE').toBe(0);
    await caller.stop();
    expect(await pbx.cdrs(10)).toMatchObject([
      { outcome: 'answered', endedBy: 'engine', reason: 'draining' },
    ]);
  });
});
