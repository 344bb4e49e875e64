import { Voice } from './voice.ts';
import { type DigitLimits, withinLimits } from './digit-limits.ts';
import { listen } from './ear.ts';
import { failed, unsupported, wrongState } from './media-errors.ts';
import type { PcmFrame } from '@strowger/session-core';
import { StrowgerError } from '@strowger/runtime';

/** What a call's audio is made of. */
export interface CallAudioOptions {
  readonly context: AudioContext;
  readonly microphone: MediaStream | undefined;
  /** Whether, and by which device (`sinkId`), the other side is heard. */
  readonly speaker: boolean | string;
}

/** The audio of one call: what is said into it, and what is heard of it. */
export class CallAudio {
  /** What the other side is sent. */
  readonly said: MediaStream;
  /** What the other side says; its track is there from the first agreement on. */
  readonly heard = new MediaStream();
  /** @internal */
  readonly voice: Voice;
  private readonly options: CallAudioOptions;
  private readonly out: MediaStreamAudioDestinationNode;
  /** Everything but digits goes through it: what `hush` silences. */
  private readonly lips: GainNode;
  private readonly talk: GainNode;
  private readonly in: GainNode;
  private readonly sink: HTMLAudioElement;
  private source: MediaStreamAudioSourceNode | undefined;
  private ear: { stop(): void } | undefined;
  private isEchoing = false;
  private isMicrophoneMuted = false;
  private isHolding = false;
  private readonly mike: MediaStreamAudioSourceNode | undefined;

  /** @internal Calls have one: see `callAudio`. */
  constructor(options: CallAudioOptions) {
    const { context, microphone, speaker } = options;
    this.options = options;
    this.out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    this.said = this.out.stream;
    this.lips = new GainNode(context);
    this.lips.connect(this.out);
    this.talk = new GainNode(context);
    this.talk.connect(this.lips);
    if (microphone !== undefined) {
      this.mike = context.createMediaStreamSource(microphone); // throws where it has no audio
      this.mike.connect(this.talk);
    }
    this.in = new GainNode(context);
    this.voice = new Voice(context, this.lips);
    this.sink = new Audio();
    // without a sink Chromium decodes nothing
    this.sink.srcObject = this.heard;
    this.sink.muted = speaker === false;
    if (typeof speaker === 'string' && 'setSinkId' in this.sink) {
      void this.sink.setSinkId(speaker).catch(() => {}); // the default one is heard then
    }
  }

  /** @internal What is sent. */
  get track(): MediaStreamTrack {
    const [track] = this.said.getAudioTracks();
    if (track === undefined) throw new Error('a destination has one track');
    return track;
  }

  /** Whether the microphone is not heard; what is played is. */
  get isMuted(): boolean {
    return this.isMicrophoneMuted;
  }

  /**
   * Whether the other side hears the microphone no more; what is played goes on, which `session.mute`
   * silences as well. May be said twice.
   */
  mute(muted: boolean): void {
    this.isMicrophoneMuted = muted;
    this.openMicrophone();
  }

  /** Whether we have put the other side on hold: it hears what is played, and nothing of the microphone. @internal */
  hold(isHolding: boolean): void {
    this.isHolding = isHolding;
    this.openMicrophone();
  }

  private openMicrophone(): void {
    this.talk.gain.value = this.isMicrophoneMuted || this.isHolding ? 0 : 1;
  }

  /** How loud the other side is heard: 0, not at all, to 1, as it is. Throws `MEDIA_BAD_VOLUME` for others. */
  setVolume(volume: number): void {
    if (!(volume >= 0 && volume <= 1)) {
      throw new StrowgerError('MEDIA_BAD_VOLUME', `the volume is from 0 to 1, not ${volume}`);
    }
    this.sink.volume = volume;
  }

  /**
   * By which loudspeaker: a `deviceId` of `audioDevices()`. Rejects with `MEDIA_UNSUPPORTED` where the
   * browser lets nobody choose, `MEDIA_FAILED` for one that is gone or not allowed.
   */
  async setSpeaker(deviceId: string): Promise<void> {
    if (!('setSinkId' in this.sink)) throw unsupported('choose a loudspeaker');
    await this.sink.setSinkId(deviceId).catch((error: unknown) => {
      throw failed(error);
    });
  }

  /** @internal */
  hear(track: MediaStreamTrack): void {
    for (const old of this.heard.getTracks()) this.heard.removeTrack(old);
    this.heard.addTrack(track);
    this.source?.disconnect();
    this.source = this.options.context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(this.in);
    // where the page may not play yet, the next gesture of the user lets it
    void this.sink.play().catch(() => {});
  }

  /** @internal */
  echo(enabled: boolean): void {
    if (enabled === this.isEchoing) return; // to undo what is not there throws
    this.isEchoing = enabled;
    if (enabled) this.in.connect(this.lips);
    else this.in.disconnect(this.lips);
  }

  /** Silence in place of all but digits: `session.mute`. @internal */
  hush(muted: boolean): void {
    this.lips.gain.value = muted ? 0 : 1;
  }

  /** @internal */
  listen(sampleRate = 8000): ReadableStream<PcmFrame> {
    if (this.ear !== undefined) throw wrongState('audioIn is in use');
    const onEnd = (): void => void (this.ear = undefined);
    const { stream, stop } = listen(this.options.context, this.in, { sampleRate, onEnd });
    this.ear = { stop };
    return stream;
  }

  /**
   * Sends tones for digits, one after the other, as audio; rejects as `withinLimits` does, such as
   * where the page may play nothing yet. @internal
   */
  async dial(digits: string, limits: DigitLimits): Promise<void> {
    const { context } = this.options;
    const { durationMs, gapMs } = limits;
    const levels: GainNode[] = [];
    let at = context.currentTime + 0.02;
    for (const digit of digits) {
      for (const hz of frequenciesOf(digit)) {
        const level = new GainNode(context, { gain: 0.3 });
        const tone = new OscillatorNode(context, { frequency: hz });
        levels.push(level);
        tone.connect(level).connect(this.out);
        tone.start(at);
        tone.stop(at + durationMs / 1000);
      }
      at += (durationMs + gapMs) / 1000;
    }
    try {
      await withinLimits(ends(context, at), digits.length, limits);
    } finally {
      for (const level of levels) level.disconnect();
    }
  }

  /** @internal */
  close(): void {
    this.ear?.stop();
    this.voice.close();
    this.mike?.disconnect();
    this.source?.disconnect();
    this.in.disconnect();
    this.talk.disconnect();
    this.lips.disconnect();
    this.sink.srcObject = null;
    this.track.stop();
  }
}

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477, 1633];

/** ITU-T Q.23. */
function frequenciesOf(digit: string): readonly number[] {
  const at = '123A456B789C*0#D'.indexOf(digit.toUpperCase());
  return [ROWS[Math.floor(at / 4)] ?? 0, COLUMNS[at % 4] ?? 0];
}

/** Resolves at a time of the context's: a silent tone ends then. */
function ends(context: AudioContext, at: number): Promise<void> {
  return new Promise((resolve) => {
    const silence = new ConstantSourceNode(context, { offset: 0 });
    silence.connect(context.destination);
    silence.addEventListener('ended', () => {
      silence.disconnect();
      resolve();
    });
    silence.start();
    silence.stop(at);
  });
}
