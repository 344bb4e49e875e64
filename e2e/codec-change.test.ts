import { join } from 'node:path';
import { type Call, SipClient } from '@strowger/sip-client';
import { expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { shows } from './shows.ts';
import { listen, writeTone } from './sound.ts';

const OUR_TONE = 440;
const ITS_TONE = 880;

/** Runs of the same. */
function turnsOf(values: readonly (string | undefined)[]): (string | undefined)[] {
  return values.filter((value, at) => value !== values[at - 1]);
}

describeWithPeers(
  ['baresip', 'dumpcap', 'tshark', 'sox'],
  'our phone and baresip, in a call',
  () => {
    const folder = workFolder('codec-change');

    const alice = (): SipClient =>
      new SipClient({
        uri: 'sip:alice@127.0.0.1',
        listen: ['udp:127.0.0.1:0'],
        media: { codecs: ['pcmu', 'pcma', 'g722', 'opus'] },
      });

    async function hears(call: Call, name: string): Promise<number> {
      const path = join(folder, `${name}.wav`);
      const recording = await call.record(path);
      await pause(2000);
      await recording.stop();
      return listen(path).heardFor(ITS_TONE);
    }

    it('speak PCMU, then PCMA, then PCMU, and hear each other in each', async () => {
      const bob = await new Baresip({ folder, name: 'bob', port: 5120, tone: ITS_TONE }).start();
      const capture = await Capture.start(folder, 'changes');
      const client = alice();
      const call = await client.call('sip:bob@127.0.0.1:5120');
      await call.connected;
      call.play({ type: 'tone', frequencyHz: OUR_TONE });
      const port = (await call.stats())?.local?.port ?? 0;
      expect(await hears(call, 'first')).toBeGreaterThan(1.5);
      for (const codec of ['pcma', 'pcmu']) {
        await call.session.changeCodecs([codec]);
        expect((await call.stats())?.codec).toBe(codec);
        expect(await hears(call, codec), `what we hear by ${codec}`).toBeGreaterThan(1.5);
      }
      await call.hangUp();
      await capture.stop();
      await Promise.all([client.close(), bob.stop()]);
      for (const way of [`udp.srcport == ${port}`, `udp.dstport == ${port}`]) {
        const rows = capture.fields(`rtp && ${way}`, 'rtp.p_type', 'rtp.ssrc');
        expect(turnsOf(rows.map(([type]) => type)), way).toEqual(['0', '8', '0']);
        expect(new Set(rows.map(([, ssrc]) => ssrc)).size, way).toBe(1);
      }
      expect(listen(bob.heard).heardFor(OUR_TONE), 'what baresip hears').toBeGreaterThan(5.4);
      shows('baresip', 'Codec change: by our re-INVITE');
    });

    it('go on as before where baresip has nothing of what was offered, and answers with no port', async () => {
      const codecs = 'PCMU/8000/1';
      const bob = await new Baresip({
        folder,
        name: 'eve',
        port: 5140,
        tone: ITS_TONE,
        codecs,
      }).start();
      const client = alice();
      const call = await client.call('sip:eve@127.0.0.1:5140');
      await call.connected;
      const refused = call.session.changeCodecs(['g722']);
      await expect(refused).rejects.toMatchObject({ code: 'CHANGE_REFUSED' });
      expect((await call.stats())?.codec).toBe('pcmu');
      expect(await hears(call, 'refused')).toBeGreaterThan(1.5);
      await call.hangUp();
      await Promise.all([client.close(), bob.stop()]);
      shows('baresip', 'Codec change: refused, and the call goes on');
    });

    it('is silent towards baresip while it is muted, in packets that go on', async () => {
      const bob = await new Baresip({ folder, name: 'dan', port: 5160, tone: ITS_TONE }).start();
      const capture = await Capture.start(folder, 'mute');
      const client = alice();
      const call = await client.call('sip:dan@127.0.0.1:5160');
      await call.connected;
      const port = (await call.stats())?.local?.port ?? 0;
      call.play({ type: 'tone', frequencyHz: OUR_TONE });
      await pause(2000);
      await call.mute();
      await pause(2000);
      await call.unmute();
      await pause(2000);
      await call.hangUp();
      await capture.stop();
      await Promise.all([client.close(), bob.stop()]);
      const sent = listen(capture.sound(`udp.srcport == ${port}`));
      expect(sent.seconds).toBeGreaterThan(5.7);
      for (const heard of [sent, listen(bob.heard)]) {
        expect(heard.heardFor(OUR_TONE)).toBeGreaterThan(3.3);
        expect(heard.heardFor(OUR_TONE)).toBeLessThan(4.4);
      }
      expect(capture.count('sip.Method == "INVITE"')).toBe(1);
      shows('baresip', 'Media: silence while the other side is muted');
    });
  },
);

describeWithPeers(['linphonec', 'sox'], 'our phone and linphone, in a call', () => {
  const folder = workFolder('codec-change-linphone');

  // baresip 1.0.0 does not follow to another sample rate: it sends half of what it should
  it('go from narrow band to Opus, and hear each other', async () => {
    const wav = join(folder, 'its.wav');
    writeTone(wav, ITS_TONE, 60);
    const bob = await new Linphone({ folder, name: 'bob', port: 5140, wav }).start();
    const client = new SipClient({
      uri: 'sip:alice@127.0.0.1',
      listen: ['udp:127.0.0.1:0'],
      media: { codecs: ['pcmu'] },
    });
    const call = await client.call(bob.uri);
    await call.connected;
    call.play({ type: 'tone', frequencyHz: OUR_TONE });
    await pause(1000);
    await call.session.changeCodecs(['opus']);
    expect((await call.stats())?.codec).toBe('opus');
    await pause(1000);
    const path = join(folder, 'opus.wav');
    const recording = await call.record(path);
    await pause(3000);
    await recording.stop();
    await call.hangUp();
    await client.close();
    await bob.stop();
    expect(listen(path).heardFor(ITS_TONE), 'what we hear').toBeGreaterThan(2.4);
    expect(listen(bob.recording).heardFor(OUR_TONE), 'what linphone hears').toBeGreaterThan(2.4);
    shows('linphone', 'Codec change: by our re-INVITE');
  });
});
