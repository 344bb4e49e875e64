import { seededRandom } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { type MediaSecurity, SRTP_SUITES, type SrtpKeys, type SrtpSuite } from '../sdp/index.ts';
import { hmacSha1, SrtpReceiver } from '../srtp/index.ts';
import { MediaProtection } from './media-protection.ts';

const random = seededRandom(1);
const hmac = hmacSha1();

function keysOf(suite: SrtpSuite): SrtpKeys {
  const { keyLength, saltLength } = SRTP_SUITES[suite];
  return { suite, masterKey: random.bytes(keyLength), masterSalt: random.bytes(saltLength) };
}

function sdes(send: SrtpKeys, receive: SrtpKeys = keysOf(send.suite)): MediaSecurity {
  return { kind: 'sdes', send, receive };
}

function rtp(sequence: number): Uint8Array {
  const packet = new Uint8Array(40).fill(0xd5);
  packet.set([0x80, 0, sequence >>> 8, sequence & 0xff, 0, 0, 0, 1, 0, 0, 0, 7]);
  return packet;
}

it('leaves packets alone where nothing is to be encrypted', () => {
  const protection = new MediaProtection(hmac);
  protection.configure({ kind: 'none' });
  expect(protection.protect(rtp(1))).toEqual(rtp(1));
  expect(protection.unprotect(rtp(1))).toEqual(rtp(1));
  expect(protection.suite).toBeUndefined();
});

it('lets nothing out or in where there are no keys for what was agreed', () => {
  const protection = new MediaProtection(hmac);
  const value = new Uint8Array(32);
  protection.configure({
    kind: 'dtls',
    role: 'client',
    fingerprints: [{ hash: 'sha-256', value }],
  });
  expect(protection.protect(rtp(1))).toBeUndefined();
  expect(protection.protectControl(rtp(1))).toBeUndefined();
  expect(protection.unprotect(rtp(1))).toBeUndefined();
  expect(protection.unprotectControl(rtp(1))).toBeUndefined();
  expect(protection.unauthentic).toBe(2);
});

it('is never in the clear again', () => {
  const protection = new MediaProtection(hmac);
  protection.configure(sdes(keysOf('AEAD_AES_128_GCM')));
  protection.configure({ kind: 'none' });
  expect(protection.protect(rtp(1))).toBeUndefined();
  expect(protection.unprotect(rtp(1))).toBeUndefined();
});

it('goes on with a key where it was, after another was in use meanwhile', () => {
  const protection = new MediaProtection(hmac);
  const [first, second] = [keysOf('AES_CM_128_HMAC_SHA1_80'), keysOf('AEAD_AES_128_GCM')];
  const peer = new SrtpReceiver(first, hmac);
  protection.configure(sdes(first));
  for (const sequence of [65_534, 65_535, 0, 1]) {
    const packet = protection.protect(rtp(sequence)) ?? new Uint8Array(0);
    expect(peer.unprotect(packet)).toEqual(rtp(sequence));
  }
  protection.configure(sdes(second));
  expect(protection.suite).toBe('AEAD_AES_128_GCM');
  expect(peer.unprotect(protection.protect(rtp(2)) ?? new Uint8Array(0))).toBeUndefined();
  protection.configure(sdes(first));
  // in the second cycle of sequence numbers still: else this index would have served twice
  expect(peer.unprotect(protection.protect(rtp(3)) ?? new Uint8Array(0))).toEqual(rtp(3));
});
