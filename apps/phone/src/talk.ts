import { Readable, Writable } from 'node:stream';
import type { Call } from '@strowger/sip-client';
import type { PcmFrame } from '@strowger/session-core';
import type { TalkOptions } from './command-line.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import type { Report } from './report.ts';
import { NO_MICROPHONE, NO_SPEAKER, openMicrophone, openSpeaker } from './sound-program.ts';

/** 20 ms of 8 kHz, 16 bit. */
const FRAME_BYTES = 320;

/**
 * Has a conversation, from the answer to the end: plays, records, sends and shows digits, hangs up
 * when its time is over. Resolves with the exit code; rejects where the recording cannot be written.
 */
export async function talk(call: Call, options: TalkOptions, report: Report): Promise<number> {
  try {
    await call.connected;
  } catch {
    return finish(call, report, 0);
  }
  const began = Date.now();
  report.say({ type: 'connected', with: call.remote.uri.toString() });
  const { durationMs, record, dtmf } = options;
  const hangUp = (): void => void call.hangUp();
  const limit = durationMs === undefined ? undefined : setTimeout(hangUp, durationMs);
  void showDigits(call, report);
  let code: number | undefined;
  try {
    const recording =
      record === undefined ? undefined : await call.record(record, { format: formatOf(record) });
    const failed = (): void => void (code = EXIT.media);
    const closeSound = openSound(call, options, { report, failed });
    if (dtmf !== undefined) await call.sendDigits(dtmf).catch(() => undefined); // it was hung up
    await call.ended;
    closeSound();
    await recording?.stop().catch(() => undefined); // it ended with the call
  } finally {
    clearTimeout(limit);
  }
  const outcome = await finish(call, report, Date.now() - began);
  return code ?? outcome;
}

async function finish(call: Call, report: Report, talkedMs: number): Promise<number> {
  const reason = await call.ended;
  const stats = await call.stats();
  report.say({ type: 'ended', reason, talkedMs, ...(stats === undefined ? {} : { stats }) });
  return talkedMs > 0 && reason.kind === 'hungUp' ? EXIT.ok : exitCodeOf(reason);
}

async function showDigits(call: Call, report: Report): Promise<void> {
  for await (const digit of call.digits()) report.say({ type: 'digit', digit });
}

/** What is said and where it is heard: files where they were given, else the system's devices. */
function openSound(
  call: Call,
  options: TalkOptions,
  { report, failed }: { report: Report; failed: () => void },
): () => void {
  const closers: (() => void)[] = [];
  if (options.play === undefined) closers.push(sayMicrophone(call, report));
  else {
    call.play(options.play).finished.catch((error: Error) => {
      report.say({ type: 'error', message: error.message });
      failed();
      void call.hangUp();
    });
  }
  if (options.record === undefined) closers.push(hearSpeaker(call, report));
  return () => {
    for (const close of closers) close();
  };
}

function sayMicrophone(call: Call, report: Report): () => void {
  const microphone = openMicrophone();
  if (microphone === undefined) {
    report.say({ type: 'sound', text: NO_MICROPHONE });
    return () => {};
  }
  complainWhenEnded(microphone, 'microphone', report);
  const toFrames = framesOf();
  void Readable.toWeb(microphone.stream)
    .pipeThrough(toFrames)
    .pipeTo(call.audioOut())
    .catch(() => undefined);
  return () => microphone.stop();
}

function hearSpeaker(call: Call, report: Report): () => void {
  const speaker = openSpeaker();
  if (speaker === undefined) {
    report.say({ type: 'sound', text: NO_SPEAKER });
    return () => {};
  }
  complainWhenEnded(speaker, 'speaker', report);
  const toBytes = new TransformStream<PcmFrame, Uint8Array>({
    transform: ({ samples }, controller) =>
      controller.enqueue(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)),
  });
  void call
    .audioIn()
    .pipeThrough(toBytes)
    .pipeTo(Writable.toWeb(speaker.stream))
    .catch(() => undefined);
  return () => speaker.stop();
}

/** Raw bytes, in whatever pieces they come, as frames of 20 ms. */
function framesOf(): TransformStream<Uint8Array, PcmFrame> {
  let rest = Buffer.alloc(0);
  let timestamp = 0;
  return new TransformStream({
    transform: (chunk, controller) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= FRAME_BYTES) {
        const samples = new Int16Array(FRAME_BYTES / 2);
        for (let index = 0; index < samples.length; index++) {
          samples[index] = rest.readInt16LE(index * 2);
        }
        rest = rest.subarray(FRAME_BYTES);
        controller.enqueue({ samples, sampleRate: 8000, timestamp });
        timestamp += samples.length;
      }
    },
  });
}

function complainWhenEnded(
  { name, ended }: { name: string; ended: Promise<string | undefined> },
  what: string,
  report: Report,
): void {
  const complain = (why: string | undefined): void => {
    if (why !== undefined) report.say({ type: 'sound', text: `no ${what}: ${name}: ${why}` });
  };
  void ended.then(complain);
}

function formatOf(file: string): 'wav' | 'ogg' {
  return file.toLowerCase().endsWith('.ogg') ? 'ogg' : 'wav';
}
