import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type VoiceCommand, type VoiceEvent, VoiceQueue } from './voice-queue.ts';

const ENDLESS = Number.POSITIVE_INFINITY;

/** A queue, what it told, and what it rendered. */
function queue() {
  const told: VoiceEvent[] = [];
  const voice = new VoiceQueue((event) => told.push(event));
  const render = (count: number): number[] => {
    const out = new Float32Array(count).fill(9);
    voice.render(out);
    return [...out];
  };
  const take = (command: VoiceCommand): void => voice.take(command);
  const play = (
    id: number,
    samples: number[],
    over: { queued?: boolean; times?: number; most?: number; gain?: number } = {},
  ): void => {
    const { queued = true, times = 1, most = ENDLESS, gain = 1 } = over;
    const entry = {
      id,
      kind: 'samples',
      samples: Float32Array.from(samples),
      gain,
      times,
      most,
    } as const;
    voice.take({ type: 'play', entry, queued });
  };
  return { told, render, take, play };
}

describe('what a call says', () => {
  it('is silence where nothing plays', () => {
    expect(queue().render(3)).toEqual([0, 0, 0]);
  });

  it('follows without a gap, and tells each end', () => {
    const { render, play, told } = queue();
    play(1, [0.5, 0.25]);
    play(2, [-0.5, 0.125, 0]);
    expect(render(4)).toEqual([0.5, 0.25, -0.5, 0.125]);
    expect(told).toEqual([{ type: 'ended', id: 1, played: 2, stopped: false }]);
    expect(render(2)).toEqual([0, 0]);
    expect(told.at(-1)).toEqual({ type: 'ended', id: 2, played: 3, stopped: false });
  });

  it('is replaced by what is not queued', () => {
    const { render, play, told } = queue();
    play(1, [0.5, 0.5, 0.5]);
    render(1);
    play(2, [0.25], { queued: false });
    expect(told).toEqual([{ type: 'ended', id: 1, played: 1, stopped: true }]);
    expect(render(2)).toEqual([0.25, 0]);
  });

  it('is repeated, amplified without wrapping, and cut off', () => {
    const { render, play, told } = queue();
    play(1, [0.25, 1], { times: ENDLESS, most: 5, gain: 2 });
    expect(render(6)).toEqual([0.5, 1, 0.5, 1, 0.5, 0]);
    expect(told).toEqual([{ type: 'ended', id: 1, played: 5, stopped: false }]);
    play(2, [0.25], { times: 2 });
    expect(render(3)).toEqual([0.25, 0.25, 0]);
  });

  it('does not spin on what is empty', () => {
    const { render, play, told } = queue();
    play(1, [], { times: ENDLESS });
    expect(render(2)).toEqual([0, 0]);
    expect(told).toEqual([{ type: 'ended', id: 1, played: 0, stopped: false }]);
  });

  it('waits while it is paused, with all that is behind it', () => {
    const { render, play, take } = queue();
    play(1, [0.5, 0.5]);
    play(2, [0.25]);
    take({ type: 'pause', id: 1 });
    expect(render(2)).toEqual([0, 0]);
    take({ type: 'resume', id: 1 });
    expect(render(3)).toEqual([0.5, 0.5, 0.25]);
  });

  it('takes a stream as it comes, says how much waits, and ends with it', () => {
    const { render, take, told } = queue();
    const entry = { id: 7, kind: 'stream', gain: 1, times: 1, most: ENDLESS } as const;
    take({ type: 'play', entry, queued: true });
    expect(render(1)).toEqual([0]);
    take({ type: 'feed', id: 7, samples: Float32Array.of(0.5, 0.5) });
    take({ type: 'feed', id: 7, samples: Float32Array.of(0.25) });
    expect(render(4)).toEqual([0.5, 0.5, 0.25, 0]);
    expect(told).toEqual([
      { type: 'waiting', id: 7, samples: 1 },
      { type: 'waiting', id: 7, samples: 0 },
    ]);
    take({ type: 'finish', id: 7 });
    render(1);
    expect(told.at(-1)).toEqual({ type: 'ended', id: 7, played: 3, stopped: false });
  });

  it('is a sine of the frequency that was asked for', () => {
    const { render, take } = queue();
    const step = Math.PI / 2;
    const entry = {
      id: 1,
      kind: 'tone',
      step,
      amplitude: 0.5,
      gain: 1,
      times: 1,
      most: 4,
    } as const;
    take({ type: 'play', entry, queued: true });
    expect(render(5).map((one) => Math.round(one * 100) / 100 + 0)).toEqual([0, 0.5, 0, -0.5, 0]);
  });

  it('lets a program speak over what plays', () => {
    const { render, play, take } = queue();
    play(1, [0.5, 0.75]);
    take({ type: 'say', samples: Float32Array.of(0.25, 0.75) });
    expect(render(3)).toEqual([0.75, 1, 0]);
  });

  it('reaches a mark when all before it was heard, and no sooner', () => {
    const { render, play, take, told } = queue();
    take({ type: 'mark', id: 1 });
    expect(told).toEqual([{ type: 'marked', id: 1 }]);
    play(1, [0.5, 0.5]);
    take({ type: 'say', samples: Float32Array.of(0.25, 0.25, 0.25) });
    take({ type: 'mark', id: 2 });
    play(2, [0.5]);
    render(2);
    expect(told.filter(({ type }) => type === 'marked')).toHaveLength(1);
    render(1);
    expect(told.filter(({ type }) => type === 'marked')).toHaveLength(2);
  });

  it('falls silent at once, and says what was heard since the last mark', () => {
    const { render, play, take, told } = queue();
    play(1, [0.5, 0.5]);
    take({ type: 'mark', id: 1 });
    play(2, [0.25, 0.25, 0.25]);
    take({ type: 'mark', id: 2 });
    render(2);
    render(2);
    take({ type: 'say', samples: Float32Array.of(1, 1) });
    take({ type: 'clear', id: 9 });
    expect(render(2)).toEqual([0, 0]);
    expect(told.at(-1)).toEqual({ type: 'cleared', id: 9, heard: 2, marks: [2] });
    expect(told).toContainEqual({ type: 'ended', id: 2, played: 2, stopped: true });
    take({ type: 'clear', id: 10 });
    expect(told.at(-1)).toEqual({ type: 'cleared', id: 10, heard: 0, marks: [] });
  });

  it('works as text alone, as the worklet gets it', () => {
    const told: VoiceEvent[] = [];
    const Copy = runInThisContext(`(${VoiceQueue.toString()})`) as typeof VoiceQueue;
    const voice = new Copy((event) => told.push(event));
    voice.take({ type: 'mark', id: 3 });
    expect(told).toEqual([{ type: 'marked', id: 3 }]);
  });
});
