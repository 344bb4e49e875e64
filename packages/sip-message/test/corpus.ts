import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../../bench/corpus/', import.meta.url);

/** The messages that the benches parse, with the line ends of the wire. */
export function corpusMessages(): { name: string; bytes: Buffer }[] {
  return readdirSync(FOLDER).map((name) => {
    const text = readFileSync(new URL(name, FOLDER), 'latin1');
    return { name, bytes: Buffer.from(text.replaceAll(/\r?\n/g, '\r\n'), 'latin1') };
  });
}
