import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { listen } from './sound.ts';

const PROGRAMS = ['baresip', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(PROGRAMS, 'calls to baresip that the PBX forwards to baresip', () => {
  const folder = workFolder('forwarding');
  const phone = (name: string, port: number, tone: number, answer: 'auto' | 'manual'): Baresip =>
    new Baresip({
      folder,
      name,
      port,
      tone,
      answer,
      codecs: 'pcmu',
      registrar: { domain: '127.0.0.1:5060', password: `pw-${name}` },
    });
  const alice = phone('alice', 5100, 440, 'auto');
  const bob = phone('bob', 5120, 880, 'manual');
  const carol = phone('carol', 5140, 1200, 'auto');
  let pbx: Pbx;

  beforeAll(async () => {
    const forward = { busy: 'carol', noAnswer: 'carol', noAnswerMs: 3000 };
    const users = ['alice', 'bob', 'carol'].map((user) => ({
      user,
      password: `pw-${user}`,
      ...(user === 'bob' ? { forward } : {}),
    }));
    pbx = await Pbx.start(folder, { users });
    await Promise.all([alice.start(), bob.start(), carol.start()]);
  });
  beforeEach(() => [alice, bob, carol].forEach((one) => one.forget()));
  afterAll(async () => {
    await Promise.all([alice.stop(), bob.stop(), carol.stop()]);
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  /** Alice calls bob; both tones, what carol's INVITE says, and the record. */
  async function call(cause: string, meanwhile: () => Promise<unknown>): Promise<void> {
    const known = (await pbx.cdrs(100)).length;
    const capture = await Capture.start(folder, cause);
    await alice.command('dial', 'sip:bob@127.0.0.1:5060');
    await bob.event('CALL_INCOMING');
    await meanwhile();
    await carol.event('CALL_ESTABLISHED');
    await pause(3000);
    await alice.command('hangup');
    await carol.event('CALL_CLOSED');
    await capture.stop();
    const to = ({ rtpPort }: Baresip): string =>
      `udp.dstport >= ${rtpPort} && udp.dstport <= ${rtpPort + 98}`;
    expect(listen(capture.sound(to(carol))).heardFor(440), 'carol hears alice').toBeGreaterThan(2);
    expect(listen(capture.sound(to(alice))).heardFor(1200), 'alice hears carol').toBeGreaterThan(2);
    const said = (text: string): number =>
      capture.count(`sip.Method == "INVITE" && udp.dstport == 5140 && frame contains "${text}"`);
    expect(said(`<sip:bob@127.0.0.1>;reason=${cause};counter=1`), 'Diversion').toBeGreaterThan(0);
    expect(said('index=1.1;mp=1'), 'History-Info').toBeGreaterThan(0);
    expect(capture.count('sip.Status-Code == 181 && udp.dstport == 5100')).toBeGreaterThan(0);
    const [record] = await until('its record', async () => {
      const records = await pbx.cdrs(100);
      return records.length > known ? records : undefined;
    });
    expect(record).toMatchObject({
      outcome: 'answered',
      callee: 'sip:bob@127.0.0.1',
      forwarded: [{ from: 'sip:bob@127.0.0.1', to: 'sip:carol@127.0.0.1' }],
    });
  }

  it('ring there when bob does not answer', async () => {
    await call('no-answer', () => bob.event('CALL_CLOSED'));
    shows('baresip', 'Calls: is forwarded to');
  });

  it('ring there when bob is busy', async () => {
    await call('user-busy', () => bob.command('hangup'));
    shows('baresip', 'Calls: is forwarded to', 'Calls: is busy');
  });
});
