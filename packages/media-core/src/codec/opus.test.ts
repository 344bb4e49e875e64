import { describe, expect, it } from 'vitest';
import { toneShare, ToneSource } from '../audio/index.ts';
import type { AudioDecoder, AudioEncoder } from './audio-codec.ts';
import { opus } from './opus-codec.ts';
import { opusSamples } from './opus-packet.ts';
import { opusParameters } from './opus-parameters.ts';

const FRAME = 960;

async function pair(fmtp?: string): Promise<{ encoder: AudioEncoder; decoder: AudioDecoder }> {
  const session = { sampleRate: 48_000, clockRate: 48_000, channels: 2, ptimeMs: 20 };
  const encoder = await opus.createEncoder({ ...session, ...(fmtp !== undefined && { fmtp }) });
  const decoder = await opus.createDecoder(session);
  decoder.samplesIn(Uint8Array.of(0)); // wakes it
  await new Promise((resolve) => setImmediate(resolve));
  return { encoder, decoder };
}

/** The packets of a sound, copied. */
function packets(encoder: AudioEncoder, samples: Int16Array): Uint8Array[] {
  const out = new Uint8Array(1500);
  const made: Uint8Array[] = [];
  for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
    made.push(out.slice(0, encoder.encode(samples.subarray(at, at + FRAME), out)));
  }
  return made;
}

function tone(frequencyHz: number, seconds: number): Int16Array {
  const samples = new Int16Array(48_000 * seconds);
  new ToneSource({ frequencyHz, sampleRate: 48_000 }).read(samples);
  return samples;
}

const bits = (made: Uint8Array[]): number => made.reduce((sum, { length }) => sum + 8 * length, 0);

describe('Opus', () => {
  it.each([300, 3000, 7000])('keeps a tone of %i Hz', async (frequencyHz) => {
    const { encoder, decoder } = await pair();
    const heard = new Int16Array(48_000);
    let at = 0;
    for (const packet of packets(encoder, tone(frequencyHz, 1))) {
      at += decoder.decode(packet, heard.subarray(at));
    }
    expect(at).toBe(48_000);
    expect(toneShare(heard.subarray(9600), 48_000, frequencyHz)).toBeGreaterThan(0.95);
    encoder.close?.();
    decoder.close?.();
  });

  it('spends no more than the other side wants, and repeats itself where that wants it', async () => {
    const sound = tone(400, 2);
    const low = await pair('maxaveragebitrate=10000');
    expect(bits(packets(low.encoder, sound)) / 2).toBeLessThan(12_000);
    const usual = await pair();
    expect(bits(packets(usual.encoder, sound)) / 2).toBeLessThan(40_000);
    const constant = await pair('maxaveragebitrate=24000;cbr=1');
    const sizes = new Set(packets(constant.encoder, sound).map(({ length }) => length));
    expect(sizes).toEqual(new Set([60]));
  });

  it('sends next to nothing in a pause, where the other side takes that (usedtx)', async () => {
    const sound = new Int16Array(48_000 * 3);
    const sent = (made: Uint8Array[]): number => made.filter(({ length }) => length > 0).length;
    expect(sent(packets((await pair()).encoder, sound))).toBe(150);
    expect(sent(packets((await pair('usedtx=1')).encoder, sound))).toBeLessThan(50);
  });

  it('bears whatever is sent as Opus', async () => {
    const { decoder } = await pair();
    const out = new Int16Array(5760);
    for (let length = 0; length < 300; length++) {
      const packet = Uint8Array.from({ length }, (_, at) => (at * 89 + length * 13) & 0xff);
      const samples = decoder.samplesIn(packet);
      expect(samples).toBeLessThanOrEqual(5760);
      expect(decoder.decode(packet, out)).toBeLessThanOrEqual(5760);
    }
  });
});

describe('the length of an Opus packet (RFC 6716 §3)', () => {
  it.each([
    { what: 'SILK, 10 ms', packet: [0 << 3], ms: 10 },
    { what: 'SILK, 60 ms', packet: [3 << 3], ms: 60 },
    { what: 'hybrid, 20 ms', packet: [13 << 3], ms: 20 },
    { what: 'CELT, 2.5 ms', packet: [16 << 3], ms: 2.5 },
    { what: 'CELT, 20 ms', packet: [31 << 3], ms: 20 },
    { what: 'two frames', packet: [(31 << 3) | 1], ms: 40 },
    { what: 'two frames of differing length', packet: [(31 << 3) | 2, 1], ms: 40 },
    { what: 'six frames', packet: [(31 << 3) | 3, 6], ms: 120 },
    { what: 'more than 120 ms', packet: [(31 << 3) | 3, 7], ms: 0 },
    { what: 'a count that is missing', packet: [(31 << 3) | 3], ms: 0 },
    { what: 'nothing', packet: [], ms: 0 },
  ])('of $what', ({ packet, ms }) => {
    expect(opusSamples(Uint8Array.from(packet), 48_000)).toBe(ms * 48);
  });
});

describe('the format parameters of Opus (RFC 7587 §6.1)', () => {
  it('ask for what they say', () => {
    const all = 'maxplaybackrate=16000;maxaveragebitrate=20000;useinbandfec=1;usedtx=1;cbr=1';
    expect(opusParameters(all)).toEqual({
      bitrate: 20_000,
      playbackRate: 16_000,
      fec: true,
      dtx: true,
      constant: true,
    });
  });

  it('mean the defaults where they are absent or nonsense', () => {
    const usual = {
      bitrate: 32_000,
      playbackRate: 48_000,
      fec: false,
      dtx: false,
      constant: false,
    };
    expect(opusParameters(undefined)).toEqual(usual);
    expect(opusParameters('maxplaybackrate=much;usedtx=maybe;maxaveragebitrate=-1')).toEqual(usual);
    expect(opusParameters('maxaveragebitrate=1').bitrate).toBe(6000);
  });
});
