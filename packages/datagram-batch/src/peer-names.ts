import { Field, FIELDS, type Native } from './native.ts';

/** An address as the kernel takes it. */
export interface Host {
  readonly family: 4 | 6;
  /** Scope and address: what stands in a packet's fields from `Field.scope` on. */
  readonly words: Uint32Array;
}

/** Texts and addresses that are kept at most; then all are made anew. */
const MOST_KEPT = 4096;

/** Addresses in text form and as the kernel has them, each translated once. */
export class PeerNames {
  private readonly native: Native;
  private readonly hosts = new Map<string, Host>();
  private readonly texts = new Map<number, string>();

  constructor(native: Native) {
    this.native = native;
  }

  /** Absent where the text is no address. */
  host(address: string): Host | undefined {
    const known = this.hosts.get(address);
    if (known !== undefined) return known;
    const fields = new Uint32Array(FIELDS);
    const family = this.native.parse(address, fields);
    if (family !== 4 && family !== 6) return undefined;
    if (this.hosts.size >= MOST_KEPT) this.hosts.clear();
    const host: Host = { family, words: fields.slice(Field.scope) };
    this.hosts.set(address, host);
    return host;
  }

  /** Of four octets in the order of memory. */
  v4Text(word: number): string {
    const known = this.texts.get(word);
    if (known !== undefined) return known;
    if (this.texts.size >= MOST_KEPT) this.texts.clear();
    const [a, b, c, d] = new Uint8Array(Uint32Array.of(word).buffer);
    const text = `${a}.${b}.${c}.${d}`;
    this.texts.set(word, text);
    return text;
  }
}
