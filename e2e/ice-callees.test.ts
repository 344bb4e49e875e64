import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { toneShare } from '@strowger/media-core';
import { type Call, SipClient } from '@strowger/sip-client';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { Coturn } from './coturn.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { listen, writeTone } from './sound.ts';

const [OUR_TONE, THEIR_TONE] = [523, 440];

describeWithPeers(
  ['baresip', 'linphonec', 'turnserver', 'dumpcap', 'tshark', 'sox'],
  'phones with ICE that the PBX calls',
  () => {
    const folder = workFolder('ice-callees');
    let pbx: Pbx | undefined;
    let coturn: Coturn;
    let alice: SipClient | undefined;

    const start = async (address: string): Promise<SipClient> => {
      const media = { ice: 'full', srtp: 'required', keying: ['dtls'] };
      pbx = await Pbx.start(folder, {
        media: {
          address,
          ports: '20000-29999',
          codecs: ['pcmu', 'pcma'],
          ice: 'full',
          stunServers: [`${coturn.address}:${coturn.port}`],
        },
        users: [
          { user: 'alice', password: 'pw-alice' },
          { user: 'bob', password: 'pw-bob', media },
          { user: 'carol', password: 'pw-carol', media: { ice: 'full' } },
        ],
      });
      alice = new SipClient({
        uri: 'sip:alice@127.0.0.1',
        password: 'pw-alice',
        server: 'sip:127.0.0.1:5060;transport=tcp',
        media: { codecs: ['pcmu'], address },
      });
      return alice;
    };
    beforeAll(async () => {
      coturn = await Coturn.start(folder);
    });
    afterEach(async () => {
      await alice?.close();
      await pbx?.isQuiet();
      expect(await pbx?.stop()).toBe(0);
    });
    afterAll(() => coturn.stop());

    it('baresip takes our candidates and DTLS-SRTP, and both hear each other', async () => {
      const client = await start('127.0.0.1');
      const bob = await new Baresip({
        folder,
        name: 'bob',
        port: 5120,
        tone: THEIR_TONE,
        codecs: 'pcmu',
        encryption: 'dtls_srtp',
        ice: true,
        registrar: { domain: '127.0.0.1:5060', password: 'pw-bob' },
      }).start();
      const capture = await Capture.start(folder, 'baresip');
      expect(await talk(await client.call('bob'), THEIR_TONE)).toBe(1);
      await bob.event('CALL_CLOSED');
      await capture.stop();
      await bob.stop();
      expect(listen(bob.heard).heardFor(OUR_TONE)).toBeGreaterThan(0.5);
      expectChecks(capture, 'bob');
    });

    it('linphone takes our candidates, and both hear each other', async () => {
      // it checks from the address of its interface, and would send to loopback from another one
      const client = await start(outerAddress());
      const wav = join(folder, 'mic.wav');
      writeTone(wav, THEIR_TONE, 30);
      const carol = await new Linphone({
        folder,
        name: 'carol',
        port: 5170,
        wav,
        ice: `${coturn.address}:${coturn.port}`,
        registrar: { domain: '127.0.0.1', password: 'pw-carol' },
      }).start();
      const capture = await Capture.start(folder, 'linphone');
      expect(await talk(await client.call('carol'), THEIR_TONE)).toBe(1);
      await pause(500);
      await capture.stop();
      await carol.stop();
      expect(listen(carol.recording).heardFor(OUR_TONE)).toBeGreaterThan(0.5);
      expectChecks(capture, 'carol');
    });
  },
);

/** Of this machine, beside loopback. */
function outerAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  const outer = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (outer === undefined) throw new Error('this machine has loopback alone');
  return outer.address;
}

/** On the wire: candidates in our INVITE to the phone and in its answer, and checks that succeeded. */
function expectChecks(capture: Capture, user: string): void {
  const invites = capture.fields(
    `sip.Method == "INVITE" && sdp.media_attr contains "candidate"`,
    'sip.r-uri.user',
  );
  expect(invites.flat().join(' '), 'who is offered ICE').toContain(user);
  const answers = 'sip.Status-Code == 200 && sip.CSeq.method == "INVITE"';
  expect(capture.count(`${answers} && sdp.media_attr contains "candidate"`)).toBeGreaterThan(0);
  const ours = 'udp.srcport >= 20000 && udp.srcport <= 29999 && udp.dstport != 3478';
  expect(capture.count(`stun.type == 0x0001 && ${ours}`), 'our checks').toBeGreaterThan(0);
  expect(capture.count(`stun.type == 0x0101 && ${ours}`), 'theirs, answered').toBeGreaterThan(0);
}

/** Says our tone until a frequency was heard for a second or eight have passed; for how many it was. */
async function talk(call: Call, hz: number): Promise<number> {
  await call.connected;
  call.play({ type: 'tone', frequencyHz: OUR_TONE });
  let heard = 0;
  let frames = 0;
  for await (const { samples, sampleRate } of call.audioIn()) {
    if (toneShare(samples, sampleRate, hz) > 0.8) heard++;
    if (heard === 50 || ++frames === 400) break;
  }
  await call.hangUp();
  return heard / 50;
}
