import { upTo } from './header-values.ts';
import { numberUpTo, type PlainRead } from './plain-readers.ts';
import { plainNumber } from './plain-values.ts';
import type { Reader } from './reader.ts';

/** How a header is read. */
export interface HeaderKind {
  readonly key: string;
  /** Its identity (header-names.ts). */
  readonly id: number;
  /** Where its grammar is. */
  readonly section: string;
  /**
   * `single`: one value in one field. `text`: one field, as it stands. `list`: any number of fields
   * and commas. `lines`: any number of fields, no commas between values (RFC 3261 §7.3.1).
   */
  readonly shape: 'single' | 'text' | 'list' | 'lines';
  /** Whether a list may be empty (`Supported:`). */
  readonly canBeEmpty: boolean;
  /** Reads one value, or gives a Fault. */
  readonly read: (reader: Reader) => unknown;
  /** Passes over one value where that is plain (plain-octets.ts). */
  readonly plain: Plain | undefined;
  /** Reads one value where that is plain (plain-readers.ts). */
  readonly readPlain: PlainRead | undefined;
  /**
   * The requests that cannot be understood without it. Elsewhere a malformed one counts as absent:
   * who does not know an extension ignores its headers (RFC 3261 §8.2.2).
   */
  readonly neededBy: 'every' | readonly string[];
  /** Spells a value that `read` could have given, where that has no spelling of its own. */
  readonly format: Format | undefined;
}

/** Passes over a plain value: gives the position behind it, or -1. */
export type Plain = (octets: Uint8Array, from: number) => number;
/** Spells a value; undefined where it is none of this header's. */
export type Format = (value: object) => string | undefined;

export type Kind = Omit<HeaderKind, 'key' | 'id'>;
type By = [read: HeaderKind['read'], plain?: Plain, readPlain?: PlainRead];

export const single = (section: string, ...by: By): Kind => kind('single', section, ...by);
export const lines = (section: string, ...by: By): Kind => kind('lines', section, ...by);
export const list = (section: string, ...by: By): Kind => kind('list', section, ...by);
export const text = (section: string): Kind => kind('text', section, (reader) => reader.rest());
export const emptyList = (section: string, ...by: By): Kind => ({
  ...list(section, ...by),
  canBeEmpty: true,
});
export const number = (section: string, max: number): Kind =>
  single(section, upTo(max), (octets, from) => plainNumber(octets, from, max), numberUpTo(max));

function kind(shape: Kind['shape'], section: string, ...[read, plain, readPlain]: By): Kind {
  const rest = { canBeEmpty: false, neededBy: 'every', format: undefined } as const;
  return { shape, section, read, plain, readPlain, ...rest };
}
