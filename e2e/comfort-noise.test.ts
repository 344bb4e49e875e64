import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMediaEngine, emptyRtpHeader, writeRtpHeader } from '@strowger/media-core';
import { SipClient } from '@strowger/sip-client';
import { expect, it } from 'vitest';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { shows } from './shows.ts';
import { listen } from './sound.ts';

/** What ffmpeg's encoder makes: a level and ten coefficients, each 80 ms. */
const NOISE_LENGTH = 11;

/** Mean level below the overload, and how alike neighbours are. */
function characterOf(samples: Int16Array): { dbov: number; alike: number } {
  let [energy, product] = [0, 0];
  for (let i = 1; i < samples.length; i++) {
    energy += (samples[i] ?? 0) ** 2;
    product += (samples[i] ?? 0) * (samples[i - 1] ?? 0);
  }
  return {
    dbov: 10 * Math.log10(energy / samples.length / 32_767 ** 2),
    alike: product / energy,
  };
}

describeWithPeers(['ffmpeg'], 'comfort noise as ffmpeg describes it (RFC 3389)', () => {
  const folder = workFolder('comfort-noise');
  const ffmpeg = (...args: string[]): void => {
    execFileSync('ffmpeg', ['-y', '-v', 'error', ...args]);
  };

  it.each([
    ['brown', 0.3],
    ['pink', 0.05],
    ['white', 0.02],
  ])('sounds at our end as the %s noise that it was made of', async (colour, amplitude) => {
    const [raw, coded] = [join(folder, `${colour}.s16`), join(folder, `${colour}.cn`)];
    const noise = `anoisesrc=a=${amplitude}:r=8000:c=${colour}:seed=1:d=2`;
    ffmpeg('-f', 'lavfi', '-i', noise, '-ac', '1', '-f', 's16le', raw);
    const told = ['-map', '0:a', '-c:a', 'comfortnoise', '-f', 'data', coded];
    ffmpeg('-f', 's16le', '-ar', '8000', '-ac', '1', '-i', raw, ...told);
    const source = characterOf(new Int16Array(new Uint8Array(readFileSync(raw)).buffer));

    const engine = createMediaEngine({
      address: '127.0.0.1',
      ports: { from: 46_000, to: 46_099 },
      comfortNoise: true,
    });
    const endpoint = await engine.openEndpoint({ label: colour, onEvent: () => {} });
    const phone = createSocket('udp4').bind(0, '127.0.0.1');
    await once(phone, 'listening');
    const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
    const offer = [...lines, `m=audio ${phone.address().port} RTP/AVP 0 13`, ''].join('\r\n');
    expect(await endpoint.acceptOffer(offer)).toMatch(/RTP\/AVP 0 13\r$/m);
    const { local } = await endpoint.stats();
    const samples: number[] = [];
    const listening = endpoint
      .audioIn()
      .pipeTo(new WritableStream({ write: (frame) => void samples.push(...frame.samples) }));
    const bytes = readFileSync(coded);
    for (let at = 0; at < 20; at++) {
      const packet = new Uint8Array(12 + NOISE_LENGTH);
      const head = { sequence: at, timestamp: at * 640, payloadType: 13, ssrc: 7 };
      writeRtpHeader(packet, { ...emptyRtpHeader(), ...head });
      packet.set(bytes.subarray((at + 1) * NOISE_LENGTH, (at + 2) * NOISE_LENGTH), 12);
      phone.send(packet, local?.port, '127.0.0.1');
      await pause(80);
    }
    const { jitterBuffer } = await endpoint.stats();
    await endpoint.close();
    await listening.catch(() => {});
    await engine.close();
    phone.close();

    const heard = characterOf(Int16Array.from(samples.slice(3200)));
    writeFileSync(join(folder, `${colour}.json`), JSON.stringify({ source, heard }));
    expect(jitterBuffer?.concealedMs).toBe(0);
    expect(Math.abs(heard.dbov - source.dbov)).toBeLessThan(3);
    expect(Math.abs(heard.alike - source.alike)).toBeLessThan(0.15);
  });
});

describeWithPeers(['linphonec', 'sox'], 'comfort noise and linphone', () => {
  const folder = workFolder('comfort-noise-linphone');

  it('is agreed, stands for our silence, and leaves what we say whole', async () => {
    const bob = await new Linphone({ folder, name: 'bob', port: 5140, comfortNoise: true }).start();
    const alice = new SipClient({
      uri: 'sip:alice@127.0.0.1',
      listen: ['udp:127.0.0.1:0'],
      media: { codecs: ['pcmu'], comfortNoise: true },
    });
    const call = await alice.call(bob.uri);
    await call.connected;
    for (const hz of [440, 880]) {
      await call.play({ type: 'tone', frequencyHz: hz }, { durationMs: 1500 }).finished;
      await pause(3000);
    }
    const packetsSent = (await call.stats())?.packetsSent;
    await call.hangUp();
    await alice.close();
    await bob.stop();
    expect(packetsSent).toBeGreaterThan(2 * 75);
    expect(packetsSent, 'nine seconds would be 450').toBeLessThan(300);
    const heard = listen(bob.recording);
    for (const hz of [440, 880]) expect(heard.heardFor(hz), `${hz} Hz`).toBeGreaterThan(1.2);
    shows('linphone', 'Media: comfort noise (RFC 3389)');
  });
});
