import { BLOCK_MS, LevelMeter } from './level-meter.ts';
import type { VoiceJudge } from './voice-library.ts';

/** What counts as speech, and when silence is told. */
export interface SpeechOptions {
  /**
   * So much of it makes speech; default 70, of which a click or a single pulse is shorter. With less,
   * who barges in is heard sooner, and more noise is taken for speech.
   */
  readonly beginMs?: number;
  /** Silence that ends speech; default 500. */
  readonly endMs?: number;
  /** Silence of the other side after which `silence` is told; default 5000. */
  readonly silenceMs?: number;
  /** Silence of both sides after which `deadAir` is told; default 10 000. */
  readonly deadAirMs?: number;
  /** Nothing below this level is speech; default −45. */
  readonly leastDbm0?: number;
  /**
   * How much weaker than what we say its echo comes back at least; what is heard within this of it
   * is not taken for speech. Default 12.
   */
  readonly echoLossDb?: number;
  /**
   * Who says what is noise. `libfvad`, the default: noise that has come to stay is taken for speech for
   * a second or two, as long as it takes to know it. `level`: for ten, by its level alone.
   */
  readonly judge?: 'libfvad' | 'level';
}

/** What a detector tells; the names of the media port's events. */
export type SpeechEvent =
  /** Somebody has begun to speak; `agoMs` before this was told. */
  | { type: 'speechStarted'; agoMs: number }
  /** They have stopped: how long they spoke, and how long they have been silent. */
  | { type: 'speechEnded'; durationMs: number; silentMs: number }
  /** Nobody has spoken on the other side for so long; told once per silence. */
  | { type: 'silence'; silentMs: number }
  /** And we have said nothing either; told once per silence. */
  | { type: 'deadAir'; silentMs: number };

/** Speech stands so far out of the noise. */
const ABOVE_NOISE_DB = 9;
/** The noise is believed to rise so slowly, and to fall at once: speech has gaps, noise has none. */
const NOISE_RISE_DB = (4 * BLOCK_MS) / 1000;
/** As much where the judge hears no voice: noise from silence up is known within a second or so. */
const KNOWN_NOISE_RISE_DB = (60 * BLOCK_MS) / 1000;
const LOUDEST_NOISE_DBM0 = -20;
/** Echoes come back within this time: two jitter buffers, the network and a room. */
const ECHO_MS = 800;
/** What we say counts as said from here on. */
const SAID_DBM0 = -60;
const SILENT_DBM0 = -96;

/**
 * Tells speech from silence by its level above a noise floor that it follows. While we say
 * something ourselves, what comes back of it within 800 ms, and is `echoLossDb` weaker, is not taken
 * for speech: who barges in has to be louder than the echo may be. A judge says what is no voice, so
 * that noise which comes and stays is soon part of the floor.
 */
export class SpeechDetector {
  private readonly options: Required<Omit<SpeechOptions, 'judge'>>;
  private readonly tell: (event: SpeechEvent) => void;
  private readonly judge: VoiceJudge | undefined;
  private readonly heardMeter = new LevelMeter();
  private readonly saidMeter = new LevelMeter();
  /** Levels of what we said, as a ring, the newest at `saidAt`. */
  private readonly said = new Float64Array(ECHO_MS / BLOCK_MS).fill(SILENT_DBM0);
  private saidAt = 0;
  private sampleRate = 0;
  private noise = -60;
  private isSpeaking = false;
  private score = 0;
  private spokeMs = 0;
  private silentMs = 0;
  private silenceTold = false;
  private deadMs = 0;

  constructor(options: SpeechOptions, tell: (event: SpeechEvent) => void, judge?: VoiceJudge) {
    const defaults = { beginMs: 70, endMs: 500, silenceMs: 5000, deadAirMs: 10_000 };
    this.options = { ...defaults, leastDbm0: -45, echoLossDb: 12, ...options };
    this.tell = tell;
    this.judge = judge;
  }

  /** Frees its judge. */
  close(): void {
    this.judge?.close();
  }

  /** What we said in the time that comes next with `hear`. */
  say(samples: Int16Array, sampleRate: number): void {
    this.saidMeter.push(samples, sampleRate, this.onSaid);
  }

  /** What was heard; as long as what was said before. */
  hear(samples: Int16Array, sampleRate: number): void {
    this.sampleRate = sampleRate;
    this.heardMeter.push(samples, sampleRate, this.onHeard);
  }

  private readonly onSaid = (dbm0: number): void => {
    this.saidAt = (this.saidAt + 1) % this.said.length;
    this.said[this.saidAt] = dbm0;
    if (dbm0 > SAID_DBM0) this.deadMs = 0;
  };

  private readonly onHeard = (dbm0: number): void => {
    const { leastDbm0, echoLossDb } = this.options;
    const echo = Math.max(...this.said) - echoLossDb;
    const isSpeech = dbm0 > Math.max(leastDbm0, this.noise + ABOVE_NOISE_DB, echo);
    // it learns as well, so it hears every block
    const isVoice = this.judge?.isVoice(this.heardMeter.block, this.sampleRate) ?? true;
    this.follow(dbm0, isVoice ? NOISE_RISE_DB : KNOWN_NOISE_RISE_DB);
    if (isSpeech) this.speech();
    else this.silence();
  };

  /** The noise floor. */
  private follow(dbm0: number, mostDb: number): void {
    const rise = Math.min(mostDb, dbm0 - this.noise);
    this.noise = Math.min(LOUDEST_NOISE_DBM0, this.noise + (rise < 0 ? rise / 4 : rise));
  }

  private speech(): void {
    this.deadMs = 0;
    if (this.isSpeaking) {
      this.spokeMs += this.silentMs + BLOCK_MS;
      this.silentMs = 0;
      this.silenceTold = false;
      return;
    }
    this.score += BLOCK_MS;
    this.silentMs += BLOCK_MS;
    if (this.score < this.options.beginMs) return;
    this.isSpeaking = true;
    this.silenceTold = false;
    this.spokeMs = this.score;
    this.silentMs = 0;
    this.tell({ type: 'speechStarted', agoMs: this.score });
  }

  private silence(): void {
    const { endMs, silenceMs, deadAirMs } = this.options;
    this.score = Math.max(0, this.score - BLOCK_MS);
    this.silentMs += BLOCK_MS;
    this.deadMs += BLOCK_MS;
    if (this.isSpeaking && this.silentMs >= endMs) {
      this.isSpeaking = false;
      this.score = 0;
      const { spokeMs, silentMs } = this;
      this.tell({ type: 'speechEnded', durationMs: spokeMs, silentMs });
    }
    if (!this.silenceTold && this.silentMs >= silenceMs) {
      this.silenceTold = true;
      this.tell({ type: 'silence', silentMs: this.silentMs });
    }
    if (this.deadMs === atBlock(deadAirMs)) this.tell({ type: 'deadAir', silentMs: this.deadMs });
  }
}

/** The end of the block in which a time is over. */
function atBlock(ms: number): number {
  return Math.ceil(ms / BLOCK_MS) * BLOCK_MS;
}
