import { join } from 'node:path';
import { type Call, SipClient, type SipClientOptions } from '@strowger/sip-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { hears } from './ears.ts';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { listen, writeTone } from './sound.ts';

const LINPHONE = 'sip:alice@127.0.0.1:5170';

/** For whom linphone refers somebody to: it leaves the port out. */
const WHERE_NO_PORT_LEADS: Partial<SipClientOptions> = { listen: ['udp:127.0.0.1:5060'] };

/** One of our own phones: it answers everybody and says a tone. */
function ourPhone(
  name: string,
  hz: number,
  options: Partial<SipClientOptions> = {},
): { client: SipClient; calls: Call[] } {
  const client = new SipClient({
    uri: `sip:${name}@127.0.0.1`,
    listen: ['udp:127.0.0.1:0'],
    onTransfer: () => true,
    onReplace: () => true,
    ...options,
  });
  const calls: Call[] = [];
  const speak = (call: Call): void => {
    calls.push(call);
    void call.connected.then(
      () => call.play({ type: 'tone', frequencyHz: hz }),
      () => {}, // it ended instead
    );
  };
  client.on('incoming', (call) => {
    speak(call);
    void call.answer();
  });
  client.on('transferred', ({ replacement }) => speak(replacement));
  client.on('replaced', ({ by }) => speak(by));
  return { client, calls };
}

const PROGRAMS = ['linphonec', 'baresip', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(PROGRAMS, 'transfers between our phones and linphone, without a PBX', () => {
  const folder = workFolder('transfer');
  let linphone: Linphone;

  beforeAll(async () => {
    const wav = join(folder, 'mic.wav');
    writeTone(wav, 440, 60);
    // without a registrar: it would send every call through there
    linphone = await new Linphone({ folder, name: 'alice', port: 5170, wav }).start();
  });
  afterAll(() => linphone.stop());

  it('linphone is transferred by us, attended, and replaces our call', async () => {
    const bob = ourPhone('bob', 880);
    const carol = ourPhone('carol', 1200);
    const call = await bob.client.call(LINPHONE);
    await call.connected;
    await call.hold();
    const consultation = await bob.client.call(await carol.client.contact());
    await consultation.connected;
    const transfer = await call.transfer(consultation);
    expect(await transfer.outcome).toEqual({ kind: 'transferred', bridged: false });
    await Promise.all([call.ended, consultation.ended]);
    expect(await hears(carol.calls.at(-1), 440), 'carol hears linphone').toBe(true);
    expect(carol.calls.at(-1)?.remote.uri.toString()).toContain('alice');
    await Promise.all([bob.client.close(), carol.client.close()]);
    await linphone.says(/ended|terminated/i);
    shows('linphone', 'Transfer: attended, as transferee');
  });

  it('linphone transfers us, attended', async () => {
    const bob = ourPhone('bob', 880);
    const carol = ourPhone('carol', 1200, WHERE_NO_PORT_LEADS);
    await linphone.call(await bob.client.contact());
    await linphone.pause();
    await linphone.call(await carol.client.contact());
    const [first, second] = await linphone.callIds(2);
    await linphone.command(`transfer ${first} --to-call ${second}`);
    await until('carol has the new call', () => carol.calls.length === 2);
    expect(await hears(carol.calls.at(-1), 880), 'carol hears bob').toBe(true);
    expect(await hears(bob.calls.at(-1), 1200), 'bob hears carol').toBe(true);
    await Promise.all([bob.client.close(), carol.client.close()]);
    await pause(1000);
    shows('linphone', 'Transfer: attended, as transferor');
  });

  it('linphone is the target of an attended transfer: its call is replaced', async () => {
    const bob = ourPhone('bob', 880);
    const carol = ourPhone('carol', 1200);
    const call = await bob.client.call(await carol.client.contact());
    await call.connected;
    const consultation = await bob.client.call(LINPHONE);
    await consultation.connected;
    const transfer = await call.transfer(consultation);
    expect(await transfer.outcome).toEqual({ kind: 'transferred', bridged: false });
    await Promise.all([call.ended, consultation.ended]);
    expect(await hears(carol.calls.at(-1), 440), 'carol hears linphone').toBe(true);
    await Promise.all([bob.client.close(), carol.client.close()]);
    await pause(1000);
    shows('linphone', 'Transfer: attended, as target (Replaces)');
  });
});

describeWithPeers(PROGRAMS, 'transfers through the PBX', () => {
  const folder = workFolder('pbx-transfer');
  const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });
  const phone = (name: string, port: number, tone: number): Baresip =>
    new Baresip({ folder, name, port, tone, codecs: 'pcmu', registrar: registrar(name) });
  const bob = phone('bob', 5120, 880);
  const carol = phone('carol', 5140, 1200);
  let pbx: Pbx;
  let linphone: Linphone;

  /** How long each of the two hears the other, in seconds. */
  async function heard(): Promise<{ bob: number; carol: number }> {
    const capture = await Capture.start(folder, `transfer-${Date.now()}`);
    await pause(3000);
    await capture.stop();
    const at = ({ rtpPort }: Baresip): string =>
      `udp.dstport >= ${rtpPort} && udp.dstport <= ${rtpPort + 98}`;
    return {
      bob: listen(capture.sound(at(bob))).heardFor(1200),
      carol: listen(capture.sound(at(carol))).heardFor(880),
    };
  }

  beforeAll(async () => {
    const wav = join(folder, 'mic.wav');
    writeTone(wav, 440, 60);
    pbx = await Pbx.start(folder);
    linphone = await new Linphone({
      folder,
      name: 'alice',
      port: 5170,
      wav,
      registrar: { domain: '127.0.0.1', password: 'pw-alice' },
    }).start();
    await Promise.all([bob.start(), carol.start()]);
  });
  afterAll(async () => {
    await Promise.all([linphone.stop(), bob.stop(), carol.stop()]);
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  it('linphone connects baresip with baresip, attended', async () => {
    await linphone.call('sip:bob@127.0.0.1');
    await linphone.pause();
    await linphone.call('sip:carol@127.0.0.1');
    const [first, second] = await linphone.callIds(2);
    await linphone.command(`transfer ${first} --to-call ${second}`);
    await pause(2000);
    const { bob: atBob, carol: atCarol } = await heard();
    expect([atBob, atCarol].map((seconds) => seconds > 2)).toEqual([true, true]);
    expect(await pbx.counts()).toMatchObject({ calls: 1, sessions: 2 });
    await bob.command('hangup');
    await carol.event('CALL_CLOSED');
    shows('linphone', 'Transfer: attended, as transferor');
  });

  it('baresip transfers linphone blindly to baresip', async () => {
    for (const one of [bob, carol]) one.forget();
    await linphone.call('sip:bob@127.0.0.1');
    await bob.event('CALL_ESTABLISHED');
    const known = (await pbx.cdrs(100)).length;
    await bob.command('transfer', 'sip:carol@127.0.0.1:5060');
    await carol.event('CALL_ESTABLISHED');
    await bob.event('CALL_CLOSED');
    await pause(3000);
    await linphone.command('terminate');
    await carol.event('CALL_CLOSED');
    expect(listen(linphone.recording).heardFor(1200), 'linphone hears carol').toBeGreaterThan(1.5);
    const [record] = await until('its record', async () => {
      const records = await pbx.cdrs(100);
      return records.length > known ? records : undefined;
    });
    expect(record?.legs.map(({ remote }) => /alice|bob|carol/.exec(remote)?.[0])).toEqual([
      'alice',
      'bob',
      'carol',
    ]);
    shows('baresip', 'Transfer: blind, as transferor');
    shows('linphone', 'Transfer: blind, as transferee');
  });
});
