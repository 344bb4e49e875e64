import { StrowgerError } from '@strowger/runtime';

/** No field of a message that a peer may send is longer. */
const LONGEST_TEXT = 65_536;

/** The fields of one object of a snapshot that may be anything; refuses what makes no sense. */
export class SnapshotFields {
  private readonly path: string;
  private readonly fields: ReadonlyMap<string, unknown>;

  /** @throws StrowgerError `SNAPSHOT_CORRUPT` where `value` is no object. */
  constructor(value: unknown, path = 'snapshot') {
    this.path = path;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw corrupt(path, 'is no object');
    }
    this.fields = new Map(Object.entries(value));
  }

  has(name: string): boolean {
    return this.fields.get(name) !== undefined;
  }

  /** Without control characters: no text of a snapshot may break out of its header field. */
  text(name: string, { mayBeEmpty = false }: { mayBeEmpty?: boolean } = {}): string {
    return this.checkText(name, this.fields.get(name), mayBeEmpty);
  }

  texts(name: string, most: number): string[] {
    const value: unknown = this.fields.get(name);
    if (!Array.isArray(value) || value.length > most) {
      throw this.refusal(name, `is no list of ${most} texts at most`);
    }
    return value.map((one) => this.checkText(name, one, false));
  }

  /** Text that stands for bytes: anything may be in it. */
  bytes(name: string): string {
    const value = this.fields.get(name);
    if (typeof value === 'string' && value.length <= LONGEST_TEXT && isByteText(value)) {
      return value;
    }
    throw this.refusal(name, 'is no text of bytes');
  }

  /** A whole number. */
  number(name: string, least: number, most: number): number {
    const value = this.fields.get(name);
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) {
      return value;
    }
    throw this.refusal(name, `is no whole number from ${least} to ${most}`);
  }

  /** Any number but NaN and the infinities. */
  finite(name: string): number {
    const value = this.fields.get(name);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.refusal(name, 'is no number');
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const found = values.find((one) => one === this.fields.get(name));
    if (found === undefined) throw this.refusal(name, `is none of ${values.join(', ')}`);
    return found;
  }

  /** A flag that is there only when it is true. */
  flag(name: string): boolean {
    if (this.has(name) && this.fields.get(name) !== true) throw this.refusal(name, 'is not true');
    return this.has(name);
  }

  /** What somebody else reads. */
  plain(name: string): unknown {
    return this.fields.get(name);
  }

  child(name: string): SnapshotFields {
    return new SnapshotFields(this.fields.get(name), `${this.path}.${name}`);
  }

  children(name: string, most: number): SnapshotFields[] {
    const value: unknown = this.fields.get(name);
    if (!Array.isArray(value) || value.length > most) {
      throw this.refusal(name, `is no list of ${most} entries at most`);
    }
    return value.map((one, at) => new SnapshotFields(one, `${this.path}.${name}[${at}]`));
  }

  /** A list of pairs of texts. */
  pairs(name: string, most: number): [string, string][] {
    const value: unknown = this.fields.get(name);
    if (!Array.isArray(value) || value.length > most) {
      throw this.refusal(name, `is no list of ${most} pairs at most`);
    }
    return value.map((pair: unknown) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw this.refusal(name, 'has no pairs');
      return [this.checkText(name, pair[0], false), this.checkText(name, pair[1], false)];
    });
  }

  /** The error for a field that makes no sense. */
  refusal(name: string, what: string): StrowgerError {
    return corrupt(`${this.path}.${name}`, what);
  }

  private checkText(name: string, value: unknown, mayBeEmpty: boolean): string {
    const isText = typeof value === 'string' && value.length <= LONGEST_TEXT;
    if (!isText || (value === '' && !mayBeEmpty)) throw this.refusal(name, 'is no text');
    if (/\p{Cc}/u.test(value)) throw this.refusal(name, 'has control characters');
    return value;
  }
}

function corrupt(path: string, what: string): StrowgerError {
  return new StrowgerError('SNAPSHOT_CORRUPT', `${path} ${what}`);
}

function isByteText(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return false;
  return true;
}
