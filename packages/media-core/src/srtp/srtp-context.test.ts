import { seededRandom } from '@strowger/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SRTP_SUITES, type SrtpKeys, type SrtpSuite } from '../sdp/media-security.ts';
import { deriveKey } from './key-derivation.ts';
import { NodeSigner, packetSigner } from './packet-signer.ts';
import { SrtpReceiver, SrtpSender } from './srtp-context.ts';

const signer = packetSigner();
const suites = Object.keys(SRTP_SUITES) as SrtpSuite[]; // the record's keys are the suites

function keysOf(suite: SrtpSuite, seed = 1): SrtpKeys {
  const random = seededRandom(seed);
  const { keyLength, saltLength } = SRTP_SUITES[suite];
  return {
    suite,
    masterKey: random.bytes(keyLength),
    masterSalt: random.bytes(saltLength),
  };
}

function rtp(sequence: number, { ssrc = 7, payload = 160 } = {}): Uint8Array {
  const packet = new Uint8Array(12 + payload).fill(0xd5);
  packet.set([0x80, 0, sequence >>> 8, sequence & 0xff, 0, 0, 0, 1, 0, 0, 0, ssrc]);
  return packet;
}

function rtcp(): Uint8Array {
  return Uint8Array.from([0x80, 201, 0, 1, 0, 0, 0, 7]);
}

function pair(keys: SrtpKeys): { sender: SrtpSender; receiver: SrtpReceiver } {
  return { sender: new SrtpSender(keys, signer), receiver: new SrtpReceiver(keys, signer) };
}

/** A packet that was protected: the sender has one of it. */
function sealed(sender: SrtpSender, packet: Uint8Array): Uint8Array {
  const out = sender.protect(packet);
  if (out === undefined) throw new Error('it was not protected');
  return out;
}

describe.each(suites)('%s', (suite) => {
  const variants = [keysOf(suite), { ...keysOf(suite), mki: Uint8Array.of(1, 2, 3, 4) }];

  it.each(variants)(
    'gives back what it protected, and nothing of it is in the clear (RFC 3711 §3.3, §3.4)',
    (keys) => {
      const { sender, receiver } = pair(keys);
      for (let sequence = 1; sequence < 40; sequence++) {
        const packet = rtp(sequence, { payload: sequence * 7 });
        const out = sealed(sender, packet);
        expect(out.length).toBeGreaterThan(packet.length);
        expect(out.subarray(0, 12)).toEqual(packet.subarray(0, 12));
        if (packet.length > 40) expect(out.slice(12, 40)).not.toEqual(packet.slice(12, 40));
        expect(receiver.unprotect(out)).toEqual(packet);
      }
      const control = Uint8Array.from([...rtcp(), 0x81, 203, 0, 1, 0, 0, 0, 7]);
      for (let again = 0; again < 3; again++) {
        const out = sender.protectControl(control);
        expect(out && receiver.unprotectControl(out)).toEqual(control);
      }
    },
  );

  it.each(variants)(
    'takes nothing twice, and nothing older than 128 packets (RFC 3711 §3.3.2)',
    (keys) => {
      const { sender, receiver } = pair(keys);
      const packets = Array.from({ length: 300 }, (_, at) => sealed(sender, rtp(at + 1)));
      const take = (at: number) => receiver.unprotect(Uint8Array.from(packets[at] ?? []));
      expect(take(0)).toBeDefined();
      expect(take(0)).toBeUndefined();
      expect(take(150)).toBeDefined();
      expect(take(100)).toBeDefined();
      expect(take(100)).toBeUndefined();
      expect(take(299)).toBeDefined();
      expect(take(160)).toBeUndefined(); // too old to be told from a copy
      const control = sender.protectControl(rtcp());
      expect(control && receiver.unprotectControl(Uint8Array.from(control))).toBeDefined();
      expect(control && receiver.unprotectControl(Uint8Array.from(control))).toBeUndefined();
    },
  );

  it.each(variants)('takes nothing that was changed, cut or made with another key', (keys) => {
    const { sender, receiver } = pair(keys);
    const stranger = new SrtpSender(keysOf(suite, 2), signer);
    const packet = sealed(sender, rtp(1));
    expect(receiver.unprotect(sealed(stranger, rtp(1)))).toBeUndefined();
    for (let at = 0; at < packet.length; at++) {
      const changed = Uint8Array.from(packet);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(receiver.unprotect(changed), `byte ${at}`).toBeUndefined();
      expect(receiver.unprotect(packet.slice(0, at)), `${at} bytes`).toBeUndefined();
    }
    const control = sender.protectControl(rtcp()) ?? new Uint8Array(0);
    for (let at = 0; at < control.length; at++) {
      const changed = Uint8Array.from(control);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(receiver.unprotectControl(changed), `byte ${at}`).toBeUndefined();
      expect(receiver.unprotectControl(control.slice(0, at)), `${at} bytes`).toBeUndefined();
    }
    // and what was refused has not used up anything
    expect(receiver.unprotect(packet)).toEqual(rtp(1));
    expect(receiver.unprotectControl(control)).toEqual(rtcp());
  });

  it('goes on when sequence numbers begin anew, in whatever order they come (RFC 3711 §3.3.1)', () => {
    const { sender, receiver } = pair(keysOf(suite));
    const order = [65_533, 65_535, 65_534, 1, 0, 2];
    const packets = [65_533, 65_534, 65_535, 0, 1, 2].map((sequence): [number, Uint8Array] => {
      return [sequence, sealed(sender, rtp(sequence))];
    });
    const made = new Map(packets);
    for (const sequence of order) {
      expect(receiver.unprotect(made.get(sequence) ?? new Uint8Array(0))).toEqual(rtp(sequence));
    }
  });
});

it('protects header extensions and sources as part of the header', () => {
  const { sender, receiver } = pair(keysOf('AES_CM_128_HMAC_SHA1_80'));
  const head = [0x91, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4];
  const packet = Uint8Array.from([...head, 5, 6, 7, 8]);
  const out = sealed(sender, packet);
  expect([...out.subarray(0, head.length)]).toEqual(head);
  expect(receiver.unprotect(out)).toEqual(packet);
});

it('never enciphers two packets under one index, whatever is to be sent', () => {
  for (const suite of suites) {
    const { sender } = pair(keysOf(suite));
    const first = sender.protect(rtp(200));
    expect(first).toBeDefined();
    expect(sender.protect(rtp(200, { payload: 80 }))).toBeUndefined();
    expect(sender.protect(rtp(199))).toBeDefined(); // late, and new
    expect(sender.protect(rtp(199))).toBeUndefined();
    expect(sender.protect(rtp(400))).toBeDefined();
    expect(sender.protect(rtp(201))).toBeUndefined(); // too old to say whether it has left
  }
});

it('sends for sixteen sources and no more: of a further one it could not know the indices', () => {
  const { sender } = pair(keysOf('AES_CM_128_HMAC_SHA1_80'));
  const sent = Array.from({ length: 17 }, (_, ssrc) => sender.protect(rtp(1, { ssrc })));
  expect(sent.map((one) => one !== undefined).lastIndexOf(true)).toBe(15);
});

it('knows sixteen sources of a peer and no more', () => {
  const keys = keysOf('AEAD_AES_128_GCM');
  const { receiver } = pair(keys);
  const taken = Array.from({ length: 20 }, (_, ssrc) =>
    receiver.unprotect(sealed(new SrtpSender(keys, signer), rtp(1, { ssrc }))),
  );
  expect(taken.map((one) => one !== undefined)).toEqual([
    ...Array.from({ length: 16 }, () => true),
    ...Array.from({ length: 4 }, () => false),
  ]);
});

it('never throws, whatever comes', () => {
  for (const suite of suites) {
    const { sender, receiver } = pair(keysOf(suite));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        receiver.unprotect(Uint8Array.from(noise));
        receiver.unprotectControl(Uint8Array.from(noise));
        sender.protect(noise);
      }),
      { numRuns: 200 },
    );
  }
});

it('derives the keys of 192 bits as RFC 6188 §7.4 does', () => {
  const masterKey = Buffer.from('73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1', 'hex');
  const masterSalt = Buffer.from('c8522f3acd4ce86d5add78edbb11', 'hex');
  const derived = ([0, 2, 1] as const).map((label) => {
    const length = [24, 20, 14][label] ?? 0;
    return Buffer.from(deriveKey({ masterKey, masterSalt }, label, length)).toString('hex');
  });
  expect(derived).toEqual([
    '31874736a8f1143870c26e4857d8a5b2c4a354407faadabb',
    '2372b82d639b6d8503a47adc0a6c',
    '355b10973cd95b9eacf4061c7e1a7151e7cfbfcb',
  ]);
});

it('refuses keys of another length', () => {
  const { masterSalt } = keysOf('AEAD_AES_256_GCM');
  const keys: SrtpKeys = { suite: 'AEAD_AES_256_GCM', masterKey: new Uint8Array(16), masterSalt };
  expect(() => new SrtpSender(keys, signer)).toThrow(
    expect.objectContaining({ code: 'SRTP_BAD_KEYS' }),
  );
});

it('signs in WebAssembly as node:crypto does', () => {
  const plain = new NodeSigner();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.uint8Array(), (key, text) => {
      for (const one of [signer, plain]) {
        one.message.set(text);
        one.hmac(key); // the order of both must not matter
        one.message.set(text);
      }
      const [fast, slow] = [signer.hmac(key), plain.hmac(key)];
      signer.message.set(text);
      plain.message.set(text);
      fast.sign(text.length);
      slow.sign(text.length);
      expect([...signer.digest]).toEqual([...plain.digest]);
    }),
  );
});

it('puts the MKI behind the tag of AES-GCM, as libsrtp2 does (RFC 7714 §8)', () => {
  const key = Uint8Array.from({ length: 28 }, (_, at) => at);
  const sender = new SrtpSender(
    {
      suite: 'AEAD_AES_128_GCM',
      masterKey: key.subarray(0, 16),
      masterSalt: key.subarray(16),
      mki: Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd),
    },
    signer,
  );
  const packet = Uint8Array.of(0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 1, 2, 3, 4);
  const tag = '40dfa0dbecbbc953deb122b58b8d11fe';
  expect(hex(sender.protect(packet))).toBe(`8000000100000001000000074f06fef0${tag}aabbccdd`);
  const controlTag = 'b4d3035366dadbd4dcda626d76288c1a';
  const sealedControl = `80c9000100000007${controlTag}80000001aabbccdd`;
  expect(hex(sender.protectControl(rtcp()))).toBe(sealedControl);
});

it('neither protects nor takes what is longer than a datagram', () => {
  for (const suite of suites) {
    const { sender, receiver } = pair(keysOf(suite));
    const long = rtp(1, { payload: 70_000 });
    expect(sender.protect(long)).toBeUndefined();
    expect(receiver.unprotect(long)).toBeUndefined();
    expect(sender.protectControl(long)).toBeUndefined();
    expect(receiver.unprotectControl(long)).toBeUndefined();
  }
});

it.each(suites)('protects in WebAssembly as node:crypto does: %s', (suite) => {
  expect(signer.ghash).toBeDefined(); // else the twin would be compared with itself
  const random = seededRandom(7);
  for (const keys of [keysOf(suite), { ...keysOf(suite), mki: Uint8Array.of(1, 2, 3, 4) }]) {
    const fast = pair(keys);
    const plain = { sender: new SrtpSender(keys, new NodeSigner()) };
    const reader = new SrtpReceiver(keys, new NodeSigner());
    for (let count = 0; count < 400; count++) {
      // over the end of the sequence numbers, of all lengths, some with an extension, some late
      const late = count % 5 === 4 ? 9 : 0;
      const packet = rtp((65_400 + 2 * count - late) & 0xffff, { payload: count, ssrc: count & 1 });
      packet.set(random.bytes(count), 12);
      if (count >= 8 && count % 3 === 0) {
        packet.set([0x90], 0);
        packet.set([0xbe, 0xde, 0, 1], 12);
      }
      const out = sealed(fast.sender, packet);
      expect(hex(out)).toBe(hex(plain.sender.protect(packet)));
      expect(hex(fast.receiver.unprotect(Uint8Array.from(out)))).toBe(hex(packet));
      expect(hex(reader.unprotect(out))).toBe(hex(packet));
    }
    for (let words = 0; words < 40; words++) {
      const compound = Uint8Array.from([
        ...rtcp(),
        0x80,
        204,
        0,
        words,
        ...random.bytes(4 * words),
      ]);
      const out = fast.sender.protectControl(compound) ?? new Uint8Array(0);
      expect(hex(out)).toBe(hex(plain.sender.protectControl(compound)));
      expect(hex(fast.receiver.unprotectControl(Uint8Array.from(out)))).toBe(hex(compound));
      expect(hex(reader.unprotectControl(out))).toBe(hex(compound));
    }
  }
});

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}
