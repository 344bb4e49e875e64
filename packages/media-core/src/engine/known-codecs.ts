import { StrowgerError } from '@strowger/runtime';
import { SAMPLE_RATES } from '../audio/index.ts';
import type { CodecDefinition } from '../codec/audio-codec.ts';
import { BUILT_IN_CODECS } from '../codec/built-in-codecs.ts';
import type { ThreadCodec } from '../codec/codec-library.ts';
import { isToken } from '../sdp/codec.ts';
import { type CodecDescription, TELEPHONE_EVENT } from '../sdp/index.ts';

/** RFC 4733 §2.4.1: sixteen events, the digits. */
const EVENTS: CodecDescription = {
  name: TELEPHONE_EVENT,
  payloadType: 101,
  clockRate: 8000,
  fmtp: '0-15',
};

/** They say nothing of silence themselves, unlike Opus. */
const WITHOUT_DTX: readonly string[] = ['pcmu', 'pcma', 'g722', 'l16'];

/** A codec before it has its number. */
type Unnumbered = Omit<CodecDescription, 'payloadType'> & { readonly payloadType?: number };

/** The codecs of an engine: those of this package by name, and those that its user brings. */
export class KnownCodecs {
  /** As they cross to a worker. */
  readonly own: readonly ThreadCodec[];
  private readonly names: readonly string[];

  /** @throws StrowgerError `MEDIA_UNKNOWN_CODEC` where one is unknown or cannot be, or none is. */
  constructor(codecs: readonly (string | CodecDefinition)[]) {
    const own = codecs.filter((codec) => typeof codec !== 'string');
    for (const codec of own) check(codec);
    this.own = own.map((codec) => ({ ...codec, module: String(codec.module) }));
    this.names = codecs.map((codec) => (typeof codec === 'string' ? codec : codec.name));
    this.descriptions();
  }

  /**
   * What can be spoken, in the given order (default: the engine's), with comfort noise where that is
   * wanted and events at the end.
   *
   * @throws StrowgerError `MEDIA_UNKNOWN_CODEC`.
   */
  descriptions(
    names: readonly string[] = this.names,
    { comfortNoise = false }: { comfortNoise?: boolean } = {},
  ): CodecDescription[] {
    if (names.length === 0) throw unknown('There is no codec');
    const voices = names.map((name) => this.find(name));
    return [...numbered([...voices, ...(comfortNoise ? noiseFor(voices) : [])]), EVENTS];
  }

  /** Of a codec's PCM, in Hz; its clock rate where the codec is none of these. */
  sampleRateOf({ name, clockRate }: Pick<CodecDescription, 'name' | 'clockRate'>): number {
    const all = [...this.own, ...Object.values(BUILT_IN_CODECS)];
    const found = all.find((one) => one.name === name && one.clockRate === clockRate);
    return found?.sampleRate ?? clockRate;
  }

  private find(name: string): Unnumbered {
    const own = this.own.find((codec) => codec.name === name);
    const builtIn = Object.hasOwn(BUILT_IN_CODECS, name) ? BUILT_IN_CODECS[name] : undefined;
    const found = own ?? builtIn;
    if (found === undefined) {
      const known = [...Object.keys(BUILT_IN_CODECS), ...this.own.map((codec) => codec.name)];
      throw unknown(`${name} is none of ${known.join(', ')}`);
    }
    const { payloadType, clockRate, channels, fmtp } = found;
    return {
      name: found.name,
      clockRate,
      ...(payloadType !== undefined && { payloadType }),
      ...(channels !== undefined && { channels }),
      ...(fmtp !== undefined && { fmtp }),
    };
  }
}

/** Comfort noise (RFC 3389), at the clock rate of each codec that has none of its own. */
function noiseFor(voices: readonly Unnumbered[]): Unnumbered[] {
  const silent = voices.filter(({ name }) => WITHOUT_DTX.includes(name));
  return [...new Set(silent.map(({ clockRate }) => clockRate))].map((clockRate) => ({
    name: 'cn',
    clockRate,
    ...(clockRate === 8000 && { payloadType: 13 }),
  }));
}

/** Each under its wished number where that is free, else under the next dynamic one (96 and up). */
function numbered(codecs: readonly Unnumbered[]): CodecDescription[] {
  const wished = codecs.flatMap(({ payloadType }) => payloadType ?? []);
  const used = new Set<number>([EVENTS.payloadType]);
  return codecs.map((codec) => {
    let payloadType = codec.payloadType ?? 96;
    while (
      used.has(payloadType) ||
      (codec.payloadType === undefined && wished.includes(payloadType))
    )
      payloadType = Math.max(96, payloadType + 1);
    used.add(payloadType);
    return { ...codec, payloadType };
  });
}

function check({ name, clockRate, channels = 1, payloadType = 96, ...codec }: CodecDefinition) {
  const { sampleRate = clockRate } = codec;
  const flaw =
    (!isToken(name) && 'its name is no token') ||
    (name !== name.toLowerCase() && 'its name is not in lower case') ||
    (!SAMPLE_RATES.includes(sampleRate) &&
      `its sample rate is none of ${SAMPLE_RATES.join(', ')}`) ||
    (!(Number.isInteger(clockRate) && clockRate > 0) && 'its clock rate is no whole number') ||
    (!(Number.isInteger(channels) && channels > 0) && 'it has no channel') ||
    (!(payloadType >= 0 && payloadType <= 127) && 'its payload type is not 0 to 127');
  if (flaw) throw unknown(`The codec ${name} cannot be offered: ${flaw}`);
}

function unknown(message: string): StrowgerError {
  return new StrowgerError('MEDIA_UNKNOWN_CODEC', message);
}
