import type { CallRecord } from '@strowger/call-engine';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { listen } from './sound.ts';

const PEERS = ['baresip', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(PEERS, 'two baresips through the PBX as a proxy', () => {
  const folder = workFolder('proxy-mode');
  const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });
  const phone = (name: string, port: number, tone: number, answer: 'auto' | 'manual' = 'auto') =>
    new Baresip({ folder, name, port, tone, codecs: 'pcmu', answer, registrar: registrar(name) });
  const alice = phone('alice', 5100, 440);
  const bob = phone('bob', 5120, 880);
  const carol = phone('carol', 5140, 1320, 'manual');
  const phones = [alice, bob, carol];
  let pbx: Pbx;
  /** How many records there were before the test. */
  let known = 0;

  beforeAll(async () => {
    pbx = await Pbx.start(folder, { mode: 'proxy', ringTimeoutMs: 3000 });
    for (const one of phones) await one.start();
  });

  afterAll(async () => {
    for (const one of phones) await one.stop();
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  beforeEach(async () => {
    known = (await pbx.cdrs(1000)).length;
    for (const one of phones) one.forget();
  });

  /** The record of the call that ended just now. */
  const lastCdr = async (): Promise<CallRecord> => {
    const { [0]: cdr } = await until('a CDR', async () => {
      const cdrs = await pbx.cdrs(1000);
      return cdrs.length > known ? cdrs : undefined;
    });
    if (cdr === undefined) throw new Error('there is no CDR');
    return cdr;
  };
  const talk = async (): Promise<void> => {
    await alice.command('dial', bob.uri);
    await alice.event('CALL_ESTABLISHED');
    await bob.event('CALL_ESTABLISHED');
  };
  /** RTP towards a phone, and none of it by the PBX, whose ports begin at 20000. */
  const rtpTo = ({ rtpPort }: Baresip): string =>
    `rtp && udp.dstport >= ${rtpPort} && udp.dstport <= ${rtpPort + 98}`;

  it.each(['caller', 'callee'])('hear each other directly, until the %s hangs up', async (side) => {
    const capture = await Capture.start(folder, `talk-${side}`);
    await talk();
    await pause(2500);
    expect(await pbx.counts()).toMatchObject({ endpoints: 0, ports: 0 });
    const [first, second] = side === 'caller' ? [alice, bob] : [bob, alice];
    await first.command('hangup');
    await second.event('CALL_CLOSED');
    await capture.stop();
    expect(listen(capture.sound(rtpTo(bob))).heardFor(440), 'what bob hears').toBeGreaterThan(1.5);
    expect(listen(capture.sound(rtpTo(alice))).heardFor(880), 'what alice hears').toBeGreaterThan(
      1.5,
    );
    expect(capture.fields('rtp && udp.port >= 20000', 'udp.dstport')).toEqual([]);
    const cdr = await lastCdr();
    expect(cdr).toMatchObject({ outcome: 'answered', endedBy: side });
    expect(Math.abs(cdr.billableMs - 2500)).toBeLessThan(1000);
  });

  it('hold and resume along the recorded route', async () => {
    const capture = await Capture.start(folder, 'hold');
    await talk();
    await bob.command('hold');
    await pause(500);
    await bob.command('resume');
    await pause(500);
    await alice.command('hangup');
    await bob.event('CALL_CLOSED');
    await capture.stop();
    const again = 'sip.CSeq.method == "INVITE" && sip.Request-Line && udp.srcport == 5060';
    const directions = capture.fields(`${again} && sip.to.tag`, 'sdp.media_attr').flat().join(' ');
    expect(directions).toMatch(/sendonly.*sendrecv/s);
    expect(await lastCdr()).toMatchObject({ outcome: 'answered', endedBy: 'caller' });
  });

  it('are told that the other is busy', async () => {
    await alice.command('dial', carol.uri);
    await carol.event('CALL_INCOMING');
    await carol.command('hangup');
    expect((await alice.event('CALL_CLOSED')).param).toMatch(/486/);
    expect(await lastCdr()).toMatchObject({ outcome: 'busy', status: 486, billableMs: 0 });
  });

  it('cancel while it rings', async () => {
    await alice.command('dial', carol.uri);
    await carol.event('CALL_INCOMING');
    await alice.event('CALL_RINGING');
    await alice.command('hangup');
    await carol.event('CALL_CLOSED');
    expect(await lastCdr()).toMatchObject({ outcome: 'cancelled', status: 487, billableMs: 0 });
  });

  it('are told that nobody answers', async () => {
    await alice.command('dial', carol.uri);
    await carol.event('CALL_INCOMING');
    expect((await alice.event('CALL_CLOSED', 10_000)).param).toMatch(/4(80|08)/);
    await carol.event('CALL_CLOSED');
    expect(await lastCdr()).toMatchObject({ outcome: 'noAnswer', billableMs: 0 });
  });

  it('hear the echo, which the PBX answers itself', async () => {
    const capture = await Capture.start(folder, 'echo');
    await alice.command('dial', 'sip:*43@127.0.0.1:5060');
    await alice.event('CALL_ESTABLISHED');
    await pause(2000);
    await alice.command('hangup');
    await capture.stop();
    expect(listen(capture.sound(rtpTo(alice))).heardFor(440)).toBeGreaterThan(1);
  });
});
