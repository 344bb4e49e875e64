import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '@strowger/runtime';
import { canonicalAddress, type Family, familyOf } from './ip-address.ts';

/** How long it is believed that the file has not changed. */
const BELIEVED_MS = 5000;
/** A longer file is not read: it lists what is to be blocked, not hosts. */
const LONGEST = 4_194_304;

/** Where the system keeps its hosts file. */
export function systemHostsPath(): string {
  if (process.platform !== 'win32') return '/etc/hosts';
  return `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`;
}

/** The names that are known on this machine (hosts(5)), read again when the file has changed. */
export class HostsFile {
  private readonly clock: Clock;
  private readonly path: string;
  private text = '';
  private changedAt = 0;
  private believedUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, path: string) {
    this.clock = clock;
    this.path = path;
  }

  /** The addresses of a name; none where the file does not name it, or cannot be read. */
  async addresses(name: string, families: readonly Family[] = [4, 6]): Promise<string[]> {
    if (this.clock.now() >= this.believedUntil) await this.refresh();
    return hostAddresses(this.text, name).filter((address) =>
      families.some((family) => family === familyOf(address)),
    );
  }

  private async refresh(): Promise<void> {
    this.believedUntil = this.clock.now() + BELIEVED_MS;
    try {
      const { mtimeMs, size } = await stat(this.path);
      if (mtimeMs === this.changedAt) return;
      this.text = size > LONGEST ? '' : (await readFile(this.path, 'utf8')).toLowerCase();
      this.changedAt = mtimeMs;
    } catch {
      this.text = '';
      this.changedAt = 0;
    }
  }
}

/** The addresses that a hosts file in lower case has for a name, in its order. */
export function hostAddresses(text: string, name: string): string[] {
  const wanted = name.toLowerCase();
  const found: string[] = [];
  let at = wanted === '' ? -1 : text.indexOf(wanted);
  while (at >= 0) {
    const start = text.lastIndexOf('\n', at) + 1;
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const [address = '', ...names] = (text.slice(start, end).split('#', 1)[0] ?? '')
      .trim()
      .split(/\s+/);
    if (familyOf(address) !== undefined && names.includes(wanted)) {
      found.push(canonicalAddress(address));
    }
    at = text.indexOf(wanted, end);
  }
  return found;
}
