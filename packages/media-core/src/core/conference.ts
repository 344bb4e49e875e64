import { type Runtime, StrowgerError } from '@strowger/runtime';
import { ToneSource } from '../audio/index.ts';
import { type AudioWriter, openWriter } from '../recording/index.ts';
import { ConferenceMember } from './conference-member.ts';
import type { AudioEndpoint } from './audio-endpoint.ts';
import { completed } from './recorder.ts';
import type {
  ConferenceSettings,
  ConferenceStats,
  MemberSettings,
  RecordCommand,
  Recorded,
} from './core-api.ts';
import { Mixer } from './mixer.ts';
import { RateTap } from './rate-tap.ts';
import type { Ticked, Ticker } from './ticker.ts';

const FRAME_MS = 20;
/** Who is softer than this (−45 dBm0) counts for nobody who speaks. */
const SPEAKING = 130 ** 2;
const TONE_FRAMES = 10;
const TONES = { joined: 880, left: 440 };

/**
 * The conference of one thread: every member hears all the others (N−1), at the highest rate that
 * two of them have. It ticks in its own time and meets its members' at queues of a few frames.
 */
export class Conference implements Ticked {
  readonly periodMs = FRAME_MS;
  private readonly settings: ConferenceSettings;
  private readonly ticker: Ticker;
  private readonly runtime: Runtime;
  private readonly members = new Map<number, ConferenceMember>();
  private mixer = new Mixer((8000 * FRAME_MS) / 1000);
  private sampleRate = 8000;
  private recorder: AudioWriter | undefined;
  private isOpening = false;
  private isClosed = false;
  private readonly recorded = new RateTap();
  private tone: ToneSource | undefined;
  private toneFrames = 0;
  private mostMs = 0;

  constructor(settings: ConferenceSettings, ticker: Ticker, runtime: Runtime) {
    this.settings = settings;
    this.ticker = ticker;
    this.runtime = runtime;
  }

  get stats(): ConferenceStats {
    const speaking = [...this.members]
      .filter(([, { loudness }]) => loudness > SPEAKING)
      .toSorted(([, one], [, other]) => other.loudness - one.loudness)
      .map(([id]) => id);
    const { sampleRate, mostMs } = this;
    return { members: this.members.size, sampleRate, speaking, slowestMixMs: mostMs };
  }

  /** @throws StrowgerError `MEDIA_CONFERENCE_FULL`. */
  join(id: number, endpoint: AudioEndpoint, settings: MemberSettings): void {
    if (this.members.size >= this.settings.maximum) {
      throw new StrowgerError('MEDIA_CONFERENCE_FULL', 'The conference has no room');
    }
    const member = new ConferenceMember(endpoint, settings);
    member.sampleRate = this.sampleRate;
    this.members.set(id, member);
    this.announce(TONES.joined);
    this.ticker.add(this);
  }

  /** Nobody hears anybody any more. */
  failed(error: unknown): void {
    for (const { endpoint } of this.members.values()) endpoint.failed(error);
  }

  change(id: number, settings: MemberSettings): void {
    const member = this.members.get(id);
    if (member) member.settings = settings;
  }

  leave(id: number): void {
    const member = this.members.get(id);
    if (member === undefined) return;
    member.leave();
    this.members.delete(id);
    this.announce(TONES.left);
    this.rest();
  }

  tick(skipped: number): void {
    const before = this.runtime.clock.now();
    this.adaptRate();
    // what was not mixed in time is caught up with: members ticked meanwhile, or were late, too
    for (let frame = 0; frame <= Math.min(skipped, 2); frame++) this.mix();
    this.mostMs = Math.max(this.mostMs, this.runtime.clock.now() - before);
  }

  /** Records what all say together, at the rate of the mix of now. */
  async record({ target, format }: Pick<RecordCommand, 'target' | 'format'>): Promise<void> {
    if (this.recorder !== undefined || this.isOpening) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This conference is being recorded already');
    }
    this.isOpening = true;
    try {
      const { sampleRate, runtime } = this;
      const settings = { target, format, sampleRate, runtime, channels: 1 } as const;
      const { writer } = await openWriter({ ...settings, push: () => {} }); // none is `pushed`
      if (this.isClosed) await writer.close();
      else this.begin(writer);
    } finally {
      this.isOpening = false;
    }
    if (this.isClosed) throw new StrowgerError('MEDIA_CLOSED', 'The conference was closed');
  }

  async stopRecord(): Promise<Recorded> {
    const { recorder } = this;
    if (recorder === undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This conference is not being recorded');
    }
    this.recorder = undefined;
    this.rest();
    return completed(recorder);
  }

  /** Members stay as endpoints on their own; a recording is completed. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.ticker.remove(this);
    for (const member of this.members.values()) member.leave();
    this.members.clear();
    const { recorder } = this;
    this.recorder = undefined;
    await recorder?.close();
  }

  private begin(recorder: AudioWriter): void {
    this.recorded.sampleRate = recorder.sampleRate;
    this.recorder = recorder;
    this.ticker.add(this);
  }

  /** An empty room ticks only for a recording. */
  private rest(): void {
    if (this.members.size === 0 && this.recorder === undefined) this.ticker.remove(this);
  }

  private mix(): void {
    const { mixer } = this;
    const members = [...this.members.values()];
    mixer.provide(members.length + 1);
    for (const [at, member] of members.entries()) this.collect(at, member);
    this.chooseLoudest(members);
    const whispered = members.map((member, at) => this.withhold(member, at));
    this.sayTone(members.length);
    mixer.mix(members.length + 1);
    for (const [at, member] of members.entries()) {
      this.weigh(member, at);
      this.passWhispers(member, at, whispered);
      member.hear(mixer.output(at));
    }
    this.recorder?.write(this.recorded.take(mixer.everything, this.sampleRate));
  }

  private collect(at: number, member: ConferenceMember): void {
    const { mixer } = this;
    member.speak(mixer.frame(at));
    const { gain } = member.settings;
    if (gain !== 1) mixer.amplify(at, gain);
    member.follow(mixer.loudness(at));
  }

  /**
   * Where the loudest alone are to be heard, all others are silent: the sum of many rooms is noise.
   * Who whispers takes nobody's place.
   */
  private chooseLoudest(members: readonly ConferenceMember[]): void {
    const { loudest } = this.settings;
    if (loudest === 0 || members.length <= loudest) return;
    const heard = new Set(
      members
        .filter(({ settings }) => settings.whispersTo === undefined)
        .toSorted((one, other) => other.loudness - one.loudness)
        .slice(0, loudest),
    );
    for (const [at, member] of members.entries()) {
      if (heard.has(member) || member.settings.whispersTo !== undefined) continue;
      this.mixer.frame(at).fill(0);
    }
  }

  /** Who whispers is heard by those alone whom that is meant for. */
  private withhold({ settings }: ConferenceMember, at: number): Int16Array | undefined {
    if (settings.whispersTo === undefined) return undefined;
    const frame = this.mixer.frame(at);
    const said = frame.slice();
    frame.fill(0);
    return said;
  }

  private passWhispers(
    listener: ConferenceMember,
    at: number,
    whispered: readonly (Int16Array | undefined)[],
  ): void {
    let speaker = 0;
    for (const member of this.members.values()) {
      const said = whispered[speaker++];
      if (said === undefined || member === listener) continue;
      const isMeant = member.settings.whispersTo?.some((id) => this.members.get(id) === listener);
      if (isMeant) this.mixer.whisper(at, said);
    }
  }

  private weigh({ settings }: ConferenceMember, listener: number): void {
    if (settings.hears.length === 0) return;
    const order = [...this.members.keys()];
    for (const { member, gain } of settings.hears) {
      const speaker = order.indexOf(member);
      if (speaker >= 0 && speaker !== listener) this.mixer.weigh(listener, speaker, gain);
    }
  }

  private announce(frequencyHz: number): void {
    if (!this.settings.tones) return;
    this.tone = new ToneSource({ frequencyHz, levelDbm0: -20, sampleRate: this.sampleRate });
    this.toneFrames = TONE_FRAMES;
  }

  private sayTone(at: number): void {
    const frame = this.mixer.frame(at);
    if (this.tone !== undefined && this.toneFrames-- > 0) this.tone.read(frame);
    else frame.fill(0);
  }

  /** The second highest of the members' rates: what one alone has, nobody else could hear or say. */
  private adaptRate(): void {
    const rates = [...this.members.values()].map(({ endpoint }) => endpoint.sampleRate);
    const [first = 8000, second = first] = rates.toSorted((a, b) => b - a);
    if (second === this.sampleRate) return;
    this.sampleRate = second;
    this.mixer = new Mixer((second * FRAME_MS) / 1000);
    this.toneFrames = 0;
    for (const member of this.members.values()) member.sampleRate = second;
  }
}
