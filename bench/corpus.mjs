// The messages that every parser is given: seven realistic ones, each in 128 copies that differ in
// Call-ID, tags and branches, so that no parser profits from having seen a text before.
import { readdirSync, readFileSync } from 'node:fs';

const COPIES = 128;
const folder = new URL('corpus/', import.meta.url);

/** `file` is a name in corpus/, or `all`. */
export function corpus(file) {
  const files = file === 'all' ? readdirSync(folder) : [file];
  return files.flatMap((one) => {
    const text = readFileSync(new URL(one, folder), 'latin1');
    return Array.from({ length: COPIES }, (_, index) => {
      const varied = text
        .replaceAll(
          /(branch=(?:z9hG4bK)?|tag=|Call-ID: *)(\w)/gi,
          `$1${(index + 4096).toString(36)}$2`,
        )
        .replaceAll(/\r?\n/g, '\r\n');
      return { bytes: Buffer.from(varied, 'latin1'), text: varied };
    });
  });
}

/** The same as one stream for the C programs: each packet behind its length. */
export function framed(messages) {
  return Buffer.concat(
    messages.flatMap(({ bytes }) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
