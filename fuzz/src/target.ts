/** Something that reads what a peer sends, and what has to hold for whatever comes in. */
export interface Target {
  /** Reads the bytes; throws `Broken` where a promise does not hold. Anything else must not throw. */
  readonly run: (bytes: Uint8Array) => void;
  /** Inputs to begin with. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** CPU time that one input may take at best, where it is not that of all others. */
  readonly mostCpuMs?: number;
  /** Whether SIP messages of the corpora are good inputs too. */
  readonly takesMessages?: boolean;
}

/** A promise that did not hold for some input. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** Throws `Broken` unless the condition holds. */
export function promise(condition: boolean, words: string): asserts condition {
  if (!condition) throw new Broken(words);
}
