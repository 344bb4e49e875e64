import { join } from 'node:path';
import { afterEach, beforeAll, afterAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { listen, writeTone } from './sound.ts';

const [ITS_TONE, BOBS_TONE] = [440, 880];
/** Octets of a PCMU packet of 20 ms with a tag of 80 or 32 bits, or of AES-GCM; 172 is in the clear. */
const SEALED = [182, 176, 188];
/** linphone's media, by its port for SIP. */
const MEDIA_PORT = 17_160;
const peers = ['linphonec', 'baresip', 'sox', 'dumpcap', 'tshark'];

describeWithPeers(peers, 'linphone that insists on SRTP, at the PBX', () => {
  const folder = workFolder('linphone-srtp');
  const wav = join(folder, 'says.wav');
  const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });
  const bob = new Baresip({
    folder,
    name: 'bob',
    port: 5120,
    tone: BOBS_TONE,
    codecs: 'pcmu',
    registrar: registrar('bob'),
  });
  let pbx: Pbx;
  let carol: Linphone | undefined;

  beforeAll(async () => {
    writeTone(wav, ITS_TONE, 20);
    pbx = await Pbx.start(folder);
    await bob.start();
  });
  afterEach(() => carol?.stop());
  afterAll(async () => {
    await bob.stop();
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  const start = async (encryption: 'srtp' | 'dtls'): Promise<Linphone> => {
    const options = { folder, name: 'carol', port: 5140, registrar: registrar('carol'), wav };
    carol = await new Linphone({ ...options, encryption }).start();
    return carol;
  };
  /** The lengths of what went this way in PCMU. */
  const lengths = (capture: Capture, way: string): number[] =>
    capture
      .fields(`rtp && rtp.p_type == 0 && ${way}`, 'udp.length')
      .map(([length]) => Number(length) - 8);

  it('hears its own echo, its keys by DTLS', async () => {
    const linphone = await start('dtls');
    await linphone.call('sip:*43@127.0.0.1:5060');
    await pause(4000);
    await linphone.command('terminate');
    await pause(500);
    expect(listen(linphone.recording).heardFor(ITS_TONE)).toBeGreaterThan(1.5);
    shows('linphone', 'Media: SRTP, keys by DTLS (RFC 5764)', 'Calls: hears', 'Calls: is heard');
  });

  it('talks to a phone without encryption, its keys in the description', async () => {
    const linphone = await start('srtp');
    bob.forget();
    const capture = await Capture.start(folder, 'sdes');
    await linphone.call('sip:bob@127.0.0.1:5060');
    await bob.event('CALL_ESTABLISHED');
    await pause(3500);
    await linphone.command('terminate');
    await bob.event('CALL_CLOSED');
    await capture.stop();
    for (const way of [`udp.srcport == ${MEDIA_PORT}`, `udp.dstport == ${MEDIA_PORT}`]) {
      const sealed = lengths(capture, way);
      expect(sealed.length, way).toBeGreaterThan(80);
      expect(
        sealed.filter((length) => !SEALED.includes(length)),
        way,
      ).toEqual([]);
    }
    const toBob = `udp.dstport >= ${bob.rtpPort} && udp.dstport <= ${bob.rtpPort + 98}`;
    const sound = listen(capture.sound(`(${toBob}) && rtp.p_type == 0`));
    expect(sound.heardFor(ITS_TONE), 'what bob hears').toBeGreaterThan(1.5);
    expect(listen(linphone.recording).heardFor(BOBS_TONE), 'what it hears').toBeGreaterThan(1.5);
    shows('linphone', 'Media: SRTP, keys by SDES (RFC 4568)', 'Calls: hears', 'Calls: is heard');
  });
});
