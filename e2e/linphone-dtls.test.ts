import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { listen, writeTone } from './sound.ts';

const TONE = 440;

describeWithPeers(['linphonec', 'sox'], 'linphone with DTLS-SRTP at the PBX', () => {
  const folder = workFolder('linphone-dtls');
  const wav = join(folder, 'says.wav');
  const carol = new Linphone({
    folder,
    name: 'carol',
    port: 5140,
    registrar: { domain: '127.0.0.1:5060', password: 'pw-carol' },
    encryption: 'dtls',
    wav,
  });
  let pbx: Pbx;

  beforeAll(async () => {
    writeTone(wav, TONE, 20);
    pbx = await Pbx.start(folder);
    await carol.start();
  });

  afterAll(async () => {
    await carol.stop();
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  it('hears its own echo', async () => {
    await carol.call('sip:*43@127.0.0.1:5060');
    await pause(4000);
    await carol.command('terminate');
    await pause(500);
    expect(listen(carol.recording).heardFor(TONE)).toBeGreaterThan(1.5);
  });
});
