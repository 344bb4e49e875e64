import { StrowgerError } from '@strowger/runtime';
import type { CodecDescription } from '../sdp/index.ts';
import type { CodecDefinition, CodecFactory } from './audio-codec.ts';
import { BUILT_IN_CODECS } from './built-in-codecs.ts';

/** A codec that encodes and decodes in this thread. */
export interface LoadedCodec {
  readonly factory: CodecFactory;
  /** Of its PCM. */
  readonly sampleRate: number;
}

/** Definitions as they cross to a worker: modules by their URLs. */
export type ThreadCodec = CodecDefinition & { readonly module: string };

/** The codecs of one thread, each loaded once. */
export class CodecLibrary {
  private readonly own: readonly ThreadCodec[];
  private readonly loading = new Map<string, Promise<LoadedCodec>>();

  constructor(own: readonly ThreadCodec[]) {
    this.own = own;
  }

  /** Resolves when all codecs that were given are there: an engine offers none that it lacks. */
  async ready(): Promise<void> {
    await Promise.all(this.own.map((codec) => this.load(codec)));
  }

  /** @throws StrowgerError (rejects) `MEDIA_CODEC_UNAVAILABLE`. */
  load(codec: Pick<CodecDescription, 'name' | 'clockRate' | 'channels'>): Promise<LoadedCodec> {
    const key = `${codec.name}/${codec.clockRate}`;
    let loaded = this.loading.get(key);
    if (loaded === undefined) {
      loaded = this.find(codec);
      this.loading.set(key, loaded);
    }
    return loaded;
  }

  private async find({ name, clockRate }: { name: string; clockRate: number }) {
    const fits = (one: { name: string; clockRate: number }): boolean =>
      one.name === name && one.clockRate === clockRate;
    const own = this.own.find(fits);
    if (own) {
      return { factory: await importFactory(own), sampleRate: own.sampleRate ?? clockRate };
    }
    const builtIn = Object.values(BUILT_IN_CODECS).find(fits);
    if (builtIn) return builtIn;
    throw unavailable(name, 'there is no such codec');
  }
}

async function importFactory({ name, module }: ThreadCodec): Promise<CodecFactory> {
  let loaded: Partial<CodecFactory>;
  try {
    // a module is whatever it is: what is used of it is looked at below
    loaded = (await import(/* @vite-ignore */ module)) as Partial<CodecFactory>;
  } catch (cause) {
    throw unavailable(name, cause instanceof Error ? cause.message : String(cause));
  }
  const { createEncoder, createDecoder } = loaded;
  if (typeof createEncoder !== 'function' || typeof createDecoder !== 'function') {
    throw unavailable(name, `${module} lacks createEncoder or createDecoder`);
  }
  return { createEncoder, createDecoder };
}

function unavailable(name: string, why: string): StrowgerError {
  return new StrowgerError('MEDIA_CODEC_UNAVAILABLE', `The codec ${name} cannot be used: ${why}`);
}
