import type { CallRecord } from '@strowger/call-engine';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { listen } from './sound.ts';

describeWithPeers(['baresip', 'dumpcap', 'tshark', 'sox'], 'two baresips through the PBX', () => {
  const folder = workFolder('baresip');
  const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });
  const phone = (name: string, port: number, tone: number, answer: 'auto' | 'manual' = 'auto') =>
    new Baresip({ folder, name, port, tone, codecs: 'pcmu', answer, registrar: registrar(name) });
  const alice = phone('alice', 5100, 440);
  const bob = phone('bob', 5120, 880);
  const carol = phone('carol', 5140, 1320, 'manual');
  let pbx: Pbx;
  /** How many records there were before the test. */
  let known = 0;

  beforeAll(async () => {
    pbx = await Pbx.start(folder, { ringTimeoutMs: 3000 });
    for (const one of [alice, bob, carol]) await one.start();
  });

  afterAll(async () => {
    for (const one of [alice, bob, carol]) await one.stop();
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  beforeEach(async () => {
    known = (await pbx.cdrs(1000)).length;
    for (const one of [alice, bob, carol]) one.forget();
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

  it.each([
    ['caller', 440],
    ['callee', 880],
  ])('hear each other, until the %s hangs up', async (side) => {
    const capture = await Capture.start(folder, `talk-${side}`);
    await alice.command('dial', bob.uri);
    await alice.event('CALL_ESTABLISHED');
    await bob.event('CALL_ESTABLISHED');
    await pause(3000);
    const [first, second] = side === 'caller' ? [alice, bob] : [bob, alice];
    await first.command('hangup');
    await second.event('CALL_CLOSED');
    await capture.stop();
    const toBob = listen(capture.sound(`udp.dstport == ${await portOf(capture, bob)}`));
    const toAlice = listen(capture.sound(`udp.dstport == ${await portOf(capture, alice)}`));
    expect(toBob.heardFor(440), 'what bob hears').toBeGreaterThan(2);
    expect(toAlice.heardFor(880), 'what alice hears').toBeGreaterThan(2);
    const cdr = await lastCdr();
    expect(cdr).toMatchObject({ outcome: 'answered', endedBy: side });
    expect(Math.abs(cdr.billableMs - 3000)).toBeLessThan(1000);
    shows(
      'baresip',
      'Calls: places',
      'Calls: takes',
      'Calls: is heard',
      'Calls: hears',
      'Signalling: over udp',
      'Signalling: digest with MD5',
    );
  });

  it('pass digits both ways', async () => {
    await alice.command('dial', bob.uri);
    await alice.event('CALL_ESTABLISHED');
    await bob.event('CALL_ESTABLISHED');
    await pause(500);
    for (const digit of '12#') {
      await alice.command('sndcode', digit);
      await pause(400);
    }
    for (const digit of '*09') {
      await bob.command('sndcode', digit);
      await pause(400);
    }
    await until('the digits', () => bob.digits() === '12#' && alice.digits() === '*09');
    await alice.command('hangup');
    await bob.event('CALL_CLOSED');
    shows('baresip', 'Calls: digits as events (RFC 4733)');
  });

  it('hold and resume', async () => {
    const capture = await Capture.start(folder, 'hold');
    await alice.command('dial', bob.uri);
    await alice.event('CALL_ESTABLISHED');
    await bob.event('CALL_ESTABLISHED');
    await pause(2000);
    await alice.command('hold');
    await pause(2000);
    await alice.command('resume');
    await pause(2000);
    await alice.command('hangup');
    await bob.event('CALL_CLOSED');
    await capture.stop();
    const port = await portOf(capture, bob);
    const began = Number(capture.fields(`rtp && udp.dstport == ${port}`, 'frame.time_relative')[0]);
    const heard = (from: number, to: number): number =>
      listen(
        capture.sound(
          `udp.dstport == ${port} && frame.time_relative > ${(began + from).toFixed(3)} && ` +
            `frame.time_relative < ${(began + to).toFixed(3)}`,
        ),
      ).heardFor(440);
    expect(heard(0, 1.8), 'before').toBeGreaterThan(1.2);
    expect(heard(2.4, 3.8), 'while held').toBeLessThan(0.3);
    expect(heard(4.4, 5.8), 'after').toBeGreaterThan(0.9);
    shows('baresip', 'Calls: holds and resumes');
  });

  it('are told that the other is busy', async () => {
    await alice.command('dial', carol.uri);
    await carol.event('CALL_INCOMING');
    await carol.command('hangup'); // baresip rejects with 486
    await alice.event('CALL_CLOSED');
    expect(await lastCdr()).toMatchObject({ outcome: 'busy', status: 486, billableMs: 0 });
    shows('baresip', 'Calls: is busy');
  });

  it('are told that nobody answers', async () => {
    await alice.command('dial', carol.uri);
    await carol.event('CALL_INCOMING');
    expect((await alice.event('CALL_CLOSED', 10_000)).param).toMatch(/480/);
    await carol.event('CALL_CLOSED');
    expect(await lastCdr()).toMatchObject({ outcome: 'noAnswer', status: 480, billableMs: 0 });
    shows('baresip', 'Calls: is hung up on when nobody answers');
  });

  it('cancel while it rings', async () => {
    await alice.command('dial', carol.uri);
    await carol.event('CALL_INCOMING');
    await alice.event('CALL_RINGING');
    await alice.command('hangup');
    await carol.event('CALL_CLOSED');
    expect(await lastCdr()).toMatchObject({ outcome: 'cancelled', status: 487, billableMs: 0 });
    shows('baresip', 'Calls: cancels');
  });

  it('get 404 for an unknown number and 480 for a user who is not there', async () => {
    await alice.command('dial', 'sip:nobody@127.0.0.1:5060');
    expect((await alice.event('CALL_CLOSED')).param).toMatch(/404/);
    alice.forget();
    await alice.command('dial', 'sip:dave@127.0.0.1:5060');
    expect((await alice.event('CALL_CLOSED')).param).toMatch(/480/);
  });
});

/** The port on which a phone heard RTP in this capture. */
async function portOf(capture: Capture, phone: Baresip): Promise<number> {
  const from = phone.rtpPort;
  const rows = capture.fields(
    `rtp && udp.dstport >= ${from} && udp.dstport <= ${from + 98}`,
    'udp.dstport',
  );
  const port = Number(rows[0]?.[0]);
  if (Number.isNaN(port)) throw new Error(`no RTP to ${phone.options.name}`);
  return port;
}
