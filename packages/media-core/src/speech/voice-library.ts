import type { Fvad } from '@echogarden/fvad-wasm';
import type { Logger } from '@strowger/runtime';

/** Blocks that it can judge are 10 ms at one of these rates. */
const RATES: readonly number[] = [8000, 16_000, 32_000, 48_000];
const LONGEST_BLOCK = 480;
/** Stricter ones take a weak voice for noise. */
const MODE = 1;
const VOICE = 1;

/** Whether sound is like a voice: what levels cannot know. */
export interface VoiceJudge {
  /** Of each block of 10 ms in its turn; `true` at a rate that it cannot judge. */
  isVoice(block: Int16Array, sampleRate: number): boolean;
  close(): void;
}

/**
 * libfvad, the detector of WebRTC, in WebAssembly: loaded when it is first needed, one for all
 * endpoints of a thread. Where it cannot be loaded, levels have to do.
 */
export class VoiceLibrary {
  private readonly logger: Logger;
  private readonly load: () => Promise<Fvad>;
  private loading: Promise<void> | undefined;
  private library: Fvad | undefined;
  private block = 0;

  constructor(logger: Logger, load: () => Promise<Fvad> = loadFvad) {
    this.logger = logger;
    this.load = load;
  }

  /** Resolves when judges are there, or will never be. */
  ready(): Promise<void> {
    this.loading ??= this.open();
    return this.loading;
  }

  /** A judge of one stream, once `ready`; `undefined` where the library could not be loaded. */
  judge(): VoiceJudge | undefined {
    return this.library && new FvadJudge(this.library, this.block);
  }

  private async open(): Promise<void> {
    try {
      const library = await this.load();
      this.block = library._malloc(2 * LONGEST_BLOCK);
      this.library = library;
    } catch (error) {
      this.logger.warn({ error }, 'libfvad is not there: speech is told by its level alone');
    }
  }
}

class FvadJudge implements VoiceJudge {
  private readonly library: Fvad;
  /** Where its blocks go in the library's memory, shared with all others. */
  private readonly block: number;
  private readonly instance: number;
  private sampleRate = 0;
  private isOpen = true;

  constructor(library: Fvad, block: number) {
    this.library = library;
    this.block = block;
    this.instance = library._fvad_new();
    library._fvad_set_mode(this.instance, MODE);
  }

  isVoice(block: Int16Array, sampleRate: number): boolean {
    const { library, instance } = this;
    if (!this.isOpen || !RATES.includes(sampleRate)) return true;
    if (sampleRate !== this.sampleRate) library._fvad_set_sample_rate(instance, sampleRate);
    this.sampleRate = sampleRate;
    library.HEAP16.set(block, this.block / 2);
    return library._fvad_process(instance, this.block, block.length) === VOICE;
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.library._fvad_free(this.instance);
  }
}

async function loadFvad(): Promise<Fvad> {
  const { default: load } = await import('@echogarden/fvad-wasm');
  return load({ print() {}, printErr() {} });
}
