import { describe, expect, it } from 'vitest';
import { type FrameMath, webAssemblyFrameMath } from './frame-math.ts';
import { PlainFrameMath } from './plain-frame-math.ts';

const twins = { wasm: webAssemblyFrameMath(), plain: new PlainFrameMath() };

/** The same call on both, over the same memory: what is at `at` afterwards. */
function both(
  memory: Int16Array,
  call: (math: FrameMath) => unknown,
  { at, bytes }: { at: number; bytes: number },
): { wasm: Uint8Array; plain: Uint8Array } {
  const run = (math: FrameMath): Uint8Array => {
    new Int16Array(math.memory.buffer).fill(0);
    new Int16Array(math.memory.buffer).set(memory);
    call(math);
    return new Uint8Array(math.memory.buffer).slice(at, at + bytes);
  };
  return { wasm: run(twins.wasm), plain: run(twins.plain) };
}

function noise(length: number, seed = 1): Int16Array {
  let state = seed;
  return Int16Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state >>> 15;
  });
}

describe('arithmetic over frames, in WebAssembly as in plain loops', () => {
  it.each([80, 160, 441, 960])('mixes without oneself, saturated, at %i samples', (samples) => {
    const stride = Math.ceil(samples / 8) * 16;
    const frames = noise((8 * stride) / 2);
    const [sums, out] = [100_000, 200_000];
    const { wasm, plain } = both(
      frames,
      (math) => {
        math.sum(sums, 0, stride, 8, samples);
        math.without(sums, 0, out, stride, 8, samples);
      },
      { at: out, bytes: 7 * stride + 2 * samples },
    );
    for (let member = 0; member < 8; member++) {
      const [from, to] = [member * stride, member * stride + 2 * samples];
      expect(wasm.slice(from, to)).toEqual(plain.slice(from, to));
    }
    const loudest = new Int16Array(wasm.buffer).filter((sample) => Math.abs(sample) >= 32_767);
    expect(loudest.length).toBeGreaterThan(0);
  });

  it('hears silence alone, and the one other where there are two', () => {
    const { wasm } = twins;
    const memory = new Int16Array(wasm.memory.buffer);
    memory.fill(0);
    memory.set([100, -32_768, 32_767], 0);
    memory.set([7, 8, 9], 80);
    wasm.sum(4096, 0, 160, 2, 80);
    wasm.without(4096, 0, 8192, 160, 2, 80);
    expect([...memory.subarray(4096, 4099)]).toEqual([7, 8, 9]);
    expect([...memory.subarray(4176, 4179)]).toEqual([100, -32_768, 32_767]);
  });

  it.each([0, 1000, 4096, 9000, 32_767, -4096])('amplifies by %i / 4096', (gain) => {
    const { wasm, plain } = both(noise(960), (math) => math.amplify(0, 960, gain), {
      at: 0,
      bytes: 1920,
    });
    expect(wasm).toEqual(plain);
  });

  it('adds up the same energy', () => {
    const frame = noise(960);
    frame[3] = frame[4] = -32_768;
    for (const math of Object.values(twins)) new Int16Array(math.memory.buffer).set(frame);
    expect(twins.wasm.energy(0, 960)).toBe(twins.plain.energy(0, 960));
  });

  it('filters alike, but for the last bit', () => {
    const taps = 24;
    const weights = Float32Array.from({ length: 3 * taps }, (_, at) => Math.sin(at) / 12);
    const run = (math: FrameMath): Int16Array => {
      const { buffer } = math.memory;
      new Int16Array(buffer).set(noise(480));
      math.widen(0, 4096, 480);
      new Float32Array(buffer, 65_536, weights.length).set(weights);
      math.resample(4096, 65_536, taps, 3, 2, 1, 100_000, 640);
      return new Int16Array(buffer, 100_000, 640).slice();
    };
    const [wasm, plain] = [run(twins.wasm), run(twins.plain)];
    expect(wasm.every((sample, at) => Math.abs(sample - (plain[at] ?? 0)) <= 1)).toBe(true);
    expect(wasm.some((sample) => Math.abs(sample) > 5000)).toBe(true);
  });

  it('keeps what it holds when it grows', () => {
    for (const math of Object.values(twins)) {
      new Int16Array(math.memory.buffer)[5] = 77;
      const before = math.memory.buffer.byteLength;
      math.grow(before + 1);
      expect(math.memory.buffer.byteLength).toBeGreaterThan(before);
      expect(new Int16Array(math.memory.buffer)[5]).toBe(77);
    }
  });
});
