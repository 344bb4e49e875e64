import { join } from 'node:path';
import { type Call, SipClient } from '@strowger/sip-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Capture } from './capture.ts';
import { hears } from './ears.ts';
import { describeWithPeers, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { writeTone } from './sound.ts';
import { soundCard } from './sound-card.ts';
import { Twinkle } from './twinkle.ts';

const ITS_TONE = 440;
const programs = ['twinkle-console', 'pulseaudio', 'pactl', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(programs, 'twinkle set to the ways of old, and our client', () => {
  const folder = workFolder('twinkle-of-old');
  const bob = new SipClient({
    uri: 'sip:bob@127.0.0.1',
    password: 'pw-bob',
    server: 'sip:127.0.0.1:5060',
    media: { codecs: ['pcmu'] },
  });
  const calls: Call[] = [];
  let pbx: Pbx;
  let twinkle: Twinkle;
  let card: Awaited<ReturnType<typeof soundCard>>;

  beforeAll(async () => {
    const wav = join(folder, 'mic.wav');
    writeTone(wav, ITS_TONE, 60);
    pbx = await Pbx.start(folder);
    bob.on('incoming', (call) => {
      calls.push(call);
      void call.answer();
    });
    await bob.register();
    card = await soundCard(folder, 'twinkle', wav);
    twinkle = await new Twinkle({
      folder,
      name: 'alice',
      port: 5200,
      env: card.env,
      registrar: { domain: '127.0.0.1:5060', password: 'pw-alice' },
      settings: { dtmf_transport: 'info', hold_variant: 'rfc2543' },
    }).start();
  });
  afterAll(async () => {
    await twinkle.stop();
    await card.stop();
    await bob.close();
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  /** Twinkle calls bob; the call as he has it. */
  async function called(): Promise<Call> {
    calls.length = 0;
    await twinkle.call('sip:bob@127.0.0.1:5060');
    const call = await until('bob is called', () => calls[0]);
    await call.connected;
    return call;
  }

  it('sends digits by INFO, which are heard once each', async () => {
    const call = await called();
    const heard: string[] = [];
    call.session.on('digit', ({ digit }) => void heard.push(digit));
    const capture = await Capture.start(folder, 'info');
    await twinkle.command('dtmf 12#');
    await until('the digits', () => heard.join('') === '12#');
    await twinkle.command('bye');
    await call.ended;
    await capture.stop();
    expect(heard).toEqual(['1', '2', '#']);
    expect(capture.count('sip.Method == "INFO" && udp.srcport == 5200')).toBe(3);
    expect(capture.count('rtpevent && udp.srcport >= 18000 && udp.srcport < 18100')).toBe(0);
    shows('twinkle', 'Calls: digits by INFO');
  });

  it('holds by the address 0.0.0.0, and takes back', async () => {
    const call = await called();
    expect(await hears(call, ITS_TONE), 'before').toBe(true);
    const capture = await Capture.start(folder, 'hold');
    await twinkle.command('hold');
    await until('bob is told', async () => (await call.stats())?.direction !== 'sendrecv');
    expect(await hears(call, ITS_TONE, 2000), 'on hold').toBe(false);
    await twinkle.command('retrieve');
    await until('bob is told', async () => (await call.stats())?.direction === 'sendrecv');
    expect(await hears(call, ITS_TONE), 'after').toBe(true);
    await twinkle.command('bye');
    await call.ended;
    await capture.stop();
    const offer = 'sip.Method == "INVITE" && udp.srcport == 5200';
    const addresses = capture.fields(offer, 'sdp.connection_info.address').flat();
    expect(addresses).toContain('0.0.0.0');
    shows('twinkle', 'Calls: holds by the address 0.0.0.0 (RFC 2543)');
  });
});
