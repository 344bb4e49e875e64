import { describe, expect, it } from 'vitest';
import { formatCrypto, parseCrypto, sameKeys } from './crypto-attribute.ts';
import { SRTP_SUITES } from './media-security.ts';

/** RFC 4568 §6.1: 16 octets of key and 14 of salt. */
const KEY = 'd0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj';
const plain = `1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}`;

function read(value: string) {
  const outcome = parseCrypto(value);
  if (!outcome.ok) throw new Error(outcome.reason.message);
  return outcome.crypto;
}

describe('a crypto line', () => {
  it('is read as RFC 4568 §6.1 has it', () => {
    const crypto = read(`${plain}|2^20|1:4`);
    expect(crypto).toMatchObject({
      tag: 1,
      lifetime: 2 ** 20,
      keys: { mki: Uint8Array.of(0, 0, 0, 1) },
    });
    expect(Buffer.from(crypto.keys.masterKey).toString('latin1')).toBe('wDfvg&T+)xG7@fb5');
    expect(Buffer.from(crypto.keys.masterSalt).toString('latin1')).toBe('jU,RaA}\\|p0%*#');
  });

  it.each(Object.entries(SRTP_SUITES))('of %s comes out as it went in', (suite, lengths) => {
    const secret = Buffer.alloc(lengths.keyLength + lengths.saltLength, 7).toString('base64');
    for (const end of ['', '|2048', '|66051:3', '|4096|1:1']) {
      const value = `17 ${suite} inline:${secret}${end}`;
      expect(formatCrypto(read(value))).toBe(value);
    }
  });

  it('keeps the suite as a draft spelled it, and takes base64 without its end', () => {
    const secret = Buffer.alloc(46, 7).toString('base64').replace(/=+$/, '');
    const crypto = read(`2 AES_CM_256_HMAC_SHA1_80 inline:${secret}`);
    expect(crypto.keys.suite).toBe('AES_256_CM_HMAC_SHA1_80');
    expect(formatCrypto(crypto)).toContain('AES_CM_256_HMAC_SHA1_80');
  });

  it('may give a hint of its window, and what nobody need understand', () => {
    expect(read(`${plain} WSH=64 -x=y`).tag).toBe(1);
  });

  it('tells keys apart', () => {
    const other = plain.replace('d0Rm', 'd0Rn');
    expect(sameKeys(read(plain).keys, read(`${plain}|2^20`).keys)).toBe(true);
    expect(sameKeys(read(plain).keys, read(other).keys)).toBe(false);
    expect(sameKeys(read(plain).keys, read(`${plain}|1:1`).keys)).toBe(false);
  });
});

describe('M06: a crypto line is not used', () => {
  it.each([
    ['with tag 0', plain.replace('1 AES', '0 AES')],
    ['with a tag that is no number', plain.replace('1 AES', 'x AES')],
    ['with a tag of ten digits', plain.replace('1 AES', '1234567890 AES')],
    ['without a tag', plain.replace('1 AES', 'AES')],
    ['with an unknown suite', plain.replace('128', '999')],
    ['with the name of something inherited', plain.replace(/AES\S+/, 'constructor')],
    ['with a short key', plain.slice(0, -4)],
    ['with a long key', `${plain}AAAA`],
    ['without a key', '1 AES_CM_128_HMAC_SHA1_80'],
    ['with a key by another way', plain.replace('inline:', 'uri:')],
    ['with two keys', `${plain};inline:${KEY}`],
    ['with lifetime 0', `${plain}|0`],
    ['with a lifetime beyond 2^48', `${plain}|2^49`],
    ['with a lifetime that is none', `${plain}|soon`],
    ['with an MKI longer than 128', `${plain}|1:129`],
    ['with an MKI that does not fit', `${plain}|256:1`],
    ['with an MKI of no length', `${plain}|1:0`],
    ['that leaves RTP in the clear', `${plain} UNENCRYPTED_SRTP`],
    ['that leaves RTCP in the clear', `${plain} UNENCRYPTED_SRTCP`],
    ['that authenticates nothing', `${plain} UNAUTHENTICATED_SRTP`],
    ['with a key derivation rate', `${plain} KDR=5`],
    ['that is empty', ''],
  ])('%s', (_, value) => {
    expect(parseCrypto(value)).toMatchObject({ ok: false, reason: { code: 'NO_COMMON_KEYING' } });
  });
});
