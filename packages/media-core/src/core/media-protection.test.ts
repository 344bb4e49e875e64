import { seededRandom, VirtualClock } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { type MediaSecurity, SRTP_SUITES, type SrtpKeys, type SrtpSuite } from '../sdp/index.ts';
import { packetSigner, SrtpReceiver, SrtpSender } from '../srtp/index.ts';
import { MediaProtection } from './media-protection.ts';

const random = seededRandom(1);
const signer = packetSigner();
const clock = new VirtualClock();

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
  const protection = new MediaProtection(signer, clock);
  protection.configure({ kind: 'none' });
  expect(protection.protect(rtp(1))).toEqual(rtp(1));
  expect(protection.unprotect(rtp(1))).toEqual(rtp(1));
  expect(protection.suite).toBeUndefined();
});

it('lets nothing out or in where there are no keys for what was agreed', () => {
  const protection = new MediaProtection(signer, clock);
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
  const protection = new MediaProtection(signer, clock);
  protection.configure(sdes(keysOf('AEAD_AES_128_GCM')));
  protection.configure({ kind: 'none' });
  expect(protection.protect(rtp(1))).toBeUndefined();
  expect(protection.unprotect(rtp(1))).toBeUndefined();
});

it('goes on with a key where it was, after another was in use meanwhile', () => {
  const protection = new MediaProtection(signer, clock);
  const [first, second] = [keysOf('AES_CM_128_HMAC_SHA1_80'), keysOf('AEAD_AES_128_GCM')];
  const peer = new SrtpReceiver(first, signer);
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

it('M06: takes what was on its way under the keys before, for two seconds and not again', () => {
  const protection = new MediaProtection(signer, clock);
  const ours = keysOf('AES_CM_128_HMAC_SHA1_80');
  const [first, second] = [keysOf(ours.suite), keysOf(ours.suite)];
  const [before, after] = [new SrtpSender(first, signer), new SrtpSender(second, signer)];
  const sealed = (sender: SrtpSender, sequence: number): Uint8Array =>
    sender.protect(rtp(sequence)) ?? new Uint8Array(0);
  protection.configure(sdes(ours, first));
  expect(protection.unprotect(sealed(before, 1))).toEqual(rtp(1));
  protection.configure(sdes(ours, second));
  const late = sealed(before, 2);
  const copy = Uint8Array.from(late);
  expect(protection.unprotect(sealed(after, 3))).toEqual(rtp(3));
  expect(protection.unprotect(late)).toEqual(rtp(2));
  expect(protection.unprotect(copy)).toBeUndefined();
  clock.advance(2000);
  expect(protection.unprotect(sealed(before, 4))).toBeUndefined();
  expect(protection.unprotect(sealed(after, 5))).toEqual(rtp(5));
});

it('M06: takes nothing twice of a peer that goes back to a key, and follows its cycles', () => {
  const protection = new MediaProtection(signer, clock);
  const ours = keysOf('AEAD_AES_128_GCM');
  const [first, second] = [keysOf(ours.suite), keysOf(ours.suite)];
  const sender = new SrtpSender(first, signer);
  protection.configure(sdes(ours, first));
  const packets = [65_534, 65_535, 0, 1].map((at) => sender.protect(rtp(at)) ?? new Uint8Array(0));
  const copies = packets.map((one) => Uint8Array.from(one));
  for (const one of packets) expect(protection.unprotect(one)).toBeDefined();
  protection.configure(sdes(ours, second));
  clock.advance(10_000);
  protection.configure(sdes(ours, first));
  for (const one of copies) expect(protection.unprotect(one)).toBeUndefined();
  expect(protection.unprotect(sender.protect(rtp(2)) ?? new Uint8Array(0))).toEqual(rtp(2));
});

it('keeps sixteen keys of a peer and no more', () => {
  const protection = new MediaProtection(signer, clock);
  const ours = keysOf('AEAD_AES_128_GCM');
  const keys = Array.from({ length: 17 }, () => keysOf(ours.suite));
  const packets = keys.map(
    (one) => new SrtpSender(one, signer).protect(rtp(1)) ?? new Uint8Array(0),
  );
  for (const [at, one] of keys.entries()) {
    protection.configure(sdes(ours, one));
    expect(protection.unprotect(Uint8Array.from(packets[at] ?? []))).toEqual(rtp(1));
  }
  for (const [at, one] of keys.entries()) {
    if (at === 0) continue; // forgotten
    protection.configure(sdes(ours, one));
    expect(protection.unprotect(Uint8Array.from(packets[at] ?? []))).toBeUndefined();
  }
});
