/** What the packages use of `node:buffer`, for web pages: by the `buffer` package (MIT). */
import { Buffer } from 'buffer/';

interface Latin1 {
  latin1Slice(from?: number, to?: number): string;
}

/** Node's quick way, which the package lacks. */
(Buffer.prototype as unknown as Latin1).latin1Slice = function (
  this: Buffer,
  from?: number,
  to?: number,
): string {
  return this.toString('latin1', from, to);
};

const strict = new TextDecoder('utf-8', { fatal: true });

export function isAscii(octets: Uint8Array): boolean {
  return octets.every((octet) => octet < 0x80);
}

export function isUtf8(octets: Uint8Array): boolean {
  try {
    strict.decode(octets);
    return true;
  } catch {
    return false;
  }
}

export { Buffer };
