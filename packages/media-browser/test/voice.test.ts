import type { PcmFrame } from '@strowger/session-core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Voice } from '../src/voice.ts';
import { FakePage } from './fake-page.ts';

let page = new FakePage();

beforeEach(() => {
  page = new FakePage();
  for (const [name, value] of Object.entries(page.globals())) vi.stubGlobal(name, value);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function voice() {
  const one = new Voice(page.audioContext, page.audioContext.destination);
  const render = (count: number): number[] => page.voices[0]?.render(count) ?? [];
  return { one, render };
}

describe('a stream that somebody else reads', () => {
  it('is refused, and holds up nothing', async () => {
    const { one, render } = voice();
    const stream = new ReadableStream<PcmFrame>();
    stream.getReader();
    const playing = one.play({ type: 'tone', frequencyHz: 1000 });
    expect(() => one.play({ type: 'stream', stream })).toThrow(TypeError);
    expect(() => one.play({ type: 'stream', stream }, { queue: true })).toThrow(TypeError);
    expect(render(3)[2], 'the tone plays on').not.toBe(0);
    playing.stop();
    await expect(playing.finished).resolves.toEqual({ playedMs: 3 / 48, stopped: true });
    const next = { type: 'tone', frequencyHz: 1000 } as const;
    const behind = one.play(next, { queue: true, durationMs: 1 });
    render(48);
    await expect(behind.finished).resolves.toEqual({ playedMs: 1, stopped: false });
  });
});

describe('what a program says', () => {
  it('may be said by another after one that could not be understood', async () => {
    const { one, render } = voice();
    const bad = one.writable().getWriter();
    const samples = Int16Array.of(16_384);
    const writing = bad.write({ samples, sampleRate: 12_345, timestamp: 0 });
    await expect(writing).rejects.toMatchObject({ code: 'UNSUPPORTED_SAMPLE_RATE' });
    const good = one.writable().getWriter();
    expect(() => one.writable()).toThrow(expect.objectContaining({ code: 'MEDIA_WRONG_STATE' }));
    await good.write({ samples, sampleRate: 48_000, timestamp: 0 });
    expect(render(2)).toEqual([0.5, 0]);
    await good.close();
    expect(() => one.writable()).not.toThrow();
  });
});
