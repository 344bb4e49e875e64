import { Resampler } from '@strowger/media-core';
import type { PcmFrame } from '@strowger/session-core';
import { EAR, hearThread, tellThread } from './voice-worklet.ts';

/** Frames that wait for a slow reader; while there are so many, what comes is dropped. */
const MOST_WAITING = 50;

/** What a call hears, as PCM frames of 20 ms; `stop` ends the stream. */
export function listen(
  context: AudioContext,
  from: AudioNode,
  { sampleRate, onEnd }: { sampleRate: number; onEnd(): void },
): { readonly stream: ReadableStream<PcmFrame>; stop(): void } {
  const resampler = new Resampler(context.sampleRate, sampleRate);
  const node = new AudioWorkletNode(context, EAR, { numberOfOutputs: 0, channelCount: 1 });
  let timestamp = 0;
  let isOver = false;
  let end = (): void => {};
  const stop = (): void => {
    if (isOver) return;
    isOver = true;
    tellThread(node, 'over');
    from.disconnect(node);
    onEnd();
    end();
  };
  const stream = new ReadableStream<PcmFrame>(
    {
      start(controller) {
        end = () => controller.close();
        hearThread<Float32Array>(node, (data) => {
          if (isOver) return;
          const samples = resampler.push(Int16Array.from(data, toInt16));
          const frame = { samples, sampleRate, timestamp };
          timestamp += samples.length;
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(frame);
        });
      },
      cancel: () => {
        end = () => {};
        stop();
      },
    },
    { highWaterMark: MOST_WAITING },
  );
  from.connect(node);
  return { stream, stop };
}

function toInt16(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));
}
