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
  /** Frees its memory in the library; afterwards everything is a voice. Idempotent. */
  close(): void;
}

/** libfvad as we use it: detectors and blocks are addresses in its memory. */
export interface Fvad {
  /** Anew each time: it moves when it grows. */
  memory(): Int16Array;
  allocate(bytes: number): number;
  create(): number;
  free(detector: number): void;
  setMode(detector: number, mode: number): void;
  setSampleRate(detector: number, hz: number): void;
  /** 1 for a voice, 0 for none, −1 for a block that it cannot judge. */
  process(detector: number, block: number, length: number): number;
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
      this.block = library.allocate(2 * LONGEST_BLOCK);
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
  private readonly detector: number;
  private sampleRate = 0;
  private isOpen = true;

  constructor(library: Fvad, block: number) {
    this.library = library;
    this.block = block;
    this.detector = library.create();
    library.setMode(this.detector, MODE);
  }

  isVoice(block: Int16Array, sampleRate: number): boolean {
    const { library, detector } = this;
    if (!this.isOpen || !RATES.includes(sampleRate)) return true;
    if (sampleRate !== this.sampleRate) library.setSampleRate(detector, sampleRate);
    this.sampleRate = sampleRate;
    library.memory().set(block, this.block / 2);
    return library.process(detector, this.block, block.length) === VOICE;
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.library.free(this.detector);
  }
}

/** What Emscripten makes of libfvad: the package has no types. */
interface FvadModule {
  readonly HEAP16: Int16Array;
  _malloc: Fvad['allocate'];
  _fvad_new: Fvad['create'];
  _fvad_free: Fvad['free'];
  _fvad_set_mode: Fvad['setMode'];
  _fvad_set_sample_rate: Fvad['setSampleRate'];
  _fvad_process: Fvad['process'];
}

async function loadFvad(): Promise<Fvad> {
  const { default: load } = (await import('@echogarden/fvad-wasm' as string)) as {
    default(options: { print(): void; printErr(): void }): Promise<FvadModule>;
  };
  const module = await load({ print() {}, printErr() {} });
  const { _malloc: allocate, _fvad_new: create, _fvad_free: free } = module;
  const { _fvad_set_mode: setMode, _fvad_set_sample_rate: setSampleRate } = module;
  const { _fvad_process: process } = module;
  return { memory: () => module.HEAP16, allocate, create, free, setMode, setSampleRate, process };
}
