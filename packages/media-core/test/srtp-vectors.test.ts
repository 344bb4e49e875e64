import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SrtpSuite } from '../src/index.ts';
import { deriveKey, LABELS } from '../src/srtp/key-derivation.ts';
import { CounterMode, Keystream } from '../src/srtp/keystream.ts';
import { gcmCipher } from '../src/srtp/packet-cipher.ts';
import { NodeSigner, packetSigner } from '../src/srtp/packet-signer.ts';
import { SrtpReceiver, SrtpSender } from '../src/srtp/srtp-context.ts';

/** Published vectors, read where they are: see CONTRIBUTING. */
const fallback = join(import.meta.dirname, '../../../../shared/cases');
const folder = process.env['STROWGER_CASES'] ?? fallback;

function read<T>(name: string): T | undefined {
  const file = join(folder, name);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as T; // the suite's own form
  const reason = `${name} is skipped: ${file} is not there (STROWGER_CASES)`;
  if (process.env['CI'] === 'true' && folder !== 'none') throw new Error(reason);
  console.warn(reason);
  return undefined;
}

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (array: Uint8Array | undefined): string => Buffer.from(array ?? []).toString('hex');

interface Rfc3711 {
  rfc3711_B2_aes_cm_keystream: {
    session_key: string;
    session_salt: string;
    blocks: Record<string, string>;
  };
  rfc3711_B3_key_derivation: Record<string, string>;
}

interface Packets {
  vectors: {
    name: string;
    kind: 'srtp' | 'srtcp';
    profile: SrtpSuite;
    master_key: string;
    master_salt: string;
    plain: string;
    protected: string;
  }[];
}

interface GcmCase {
  section: string;
  key: string;
  aad: string;
  pt: string | null;
  iv: string;
  input_packet: string;
  output_packet: string;
}

const rfc3711 = read<Rfc3711>('srtp/rfc3711.json');
const packets = read<Packets>('srtp/packets.json');
const rfc7714 = read<GcmCase[]>('rfc7714/rtp-parsed.json');

describe.runIf(rfc3711)('RFC 3711', () => {
  it('appendix B.2: the keystream, from its first blocks to its last', () => {
    const vector = rfc3711?.rfc3711_B2_aes_cm_keystream;
    const mode = new CounterMode(
      bytes(vector?.session_key ?? ''),
      bytes(vector?.session_salt ?? ''),
      'cm',
    );
    const keystream = new Keystream();
    keystream.find(mode, 0, 0, 0xff02 * 16);
    const { words, offset } = keystream;
    for (const [block, expected] of Object.entries(vector?.blocks ?? {})) {
      const at = words.byteOffset + 4 * offset + 16 * Number(block);
      expect(hex(new Uint8Array(words.buffer, at, 16)), block).toBe(expected);
    }
  });

  it('appendix B.3: the session keys', () => {
    const vector = rfc3711?.rfc3711_B3_key_derivation ?? {};
    const keys = {
      masterKey: bytes(String(vector['master_key'])),
      masterSalt: bytes(String(vector['master_salt'])),
    };
    const { rtp, rtcp } = LABELS;
    expect(hex(deriveKey(keys, rtp.encryption, 16))).toBe(vector['cipher_key']);
    expect(hex(deriveKey(keys, rtp.salt, 14))).toBe(vector['cipher_salt']);
    expect(hex(deriveKey(keys, rtp.authentication, 94))).toBe(vector['auth_key_94']);
    expect(hex(deriveKey(keys, rtcp.encryption, 16))).toBe(vector['srtcp_cipher_key']);
    expect(hex(deriveKey(keys, rtcp.authentication, 20))).toBe(vector['srtcp_auth_key_20']);
    expect(hex(deriveKey(keys, rtcp.salt, 14))).toBe(vector['srtcp_salt']);
  });
});

describe.runIf(packets)('packets of libsrtp', () => {
  it.each(packets?.vectors ?? [])('$name', (vector) => {
    const keys = {
      suite: vector.profile,
      masterKey: bytes(vector.master_key),
      masterSalt: bytes(vector.master_salt),
    };
    for (const signer of [packetSigner(), new NodeSigner()]) {
      const [sender, receiver] = [new SrtpSender(keys, signer), new SrtpReceiver(keys, signer)];
      const [plain, sealed] = [bytes(vector.plain), bytes(vector.protected)];
      if (vector.kind === 'srtp') {
        expect(hex(sender.protect(plain))).toBe(vector.protected);
        expect(hex(receiver.unprotect(sealed))).toBe(vector.plain);
      } else {
        expect(hex(sender.protectControl(plain))).toBe(vector.protected);
        expect(hex(receiver.unprotectControl(sealed))).toBe(vector.plain);
      }
    }
  });
});

describe.runIf(rfc7714)('RFC 7714', () => {
  const encryptions = rfc7714?.filter(({ pt }) => pt !== null) ?? [];

  it.each(encryptions)('$section', ({ key, aad, pt, iv, output_packet: expected }) => {
    const header = bytes(aad);
    // the vectors give the salted IV; with a salt made to fit, ours is the same
    const plainIv = new Uint8Array(12);
    plainIv.set(header.subarray(8, 12), 2);
    plainIv.set(header.subarray(2, 4), 10);
    const salt = bytes(iv).map((byte, at) => byte ^ (plainIv[at] ?? 0));
    const clear = bytes(pt ?? '');
    const place = {
      ssrc: Buffer.from(header).readUInt32BE(8),
      index: Buffer.from(header).readUInt16BE(2),
      keystream: new Keystream(),
    };
    for (const signer of [packetSigner(), new NodeSigner()]) {
      const cipher = gcmCipher(bytes(key), salt, 'rtp', signer);
      const end = header.length + clear.length;
      const packet = new Uint8Array(end + 16);
      cipher.seal(Uint8Array.of(...header, ...clear), packet, 12, place);
      expect(hex(packet)).toBe(expected);
      expect(cipher.open(packet, 12, end, place)).toBe(true);
      expect(hex(packet.subarray(12, end))).toBe(pt);
    }
  });
});
