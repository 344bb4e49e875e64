import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  packetSigner,
  SRTP_SUITES,
  type SrtpKeys,
  SrtpReceiver,
  SrtpSender,
  type SrtpSuite,
} from '@strowger/media-core';
import { seededRandom } from '@strowger/runtime';
import { beforeAll, expect, it } from 'vitest';
import { describeWithPeers, here, workFolder } from './lab.ts';

const random = seededRandom(2);
/**
 * Without those of 192 bits, whose keys libsrtp2 before 2.8 derives with AES-256 (cisco/libsrtp#763):
 * there the vectors of RFC 6188 §7.4 judge, in a unit test.
 */
const suites = Object.keys(SRTP_SUITES).filter((name) => !name.includes('192')) as SrtpSuite[];

/** Debian's libsrtp2 judges what we protect, and we what it does: neither knows the other. */
describeWithPeers(['gcc', 'pkg-config'], 'libsrtp2 and our SRTP', () => {
  const program = join(workFolder('libsrtp'), 'srtp-judge');

  beforeAll(() => {
    const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'libsrtp2']).toString();
    const source = join(here, 'native/srtp-judge.c');
    execFileSync('gcc', ['-O1', '-o', program, source, ...flags.trim().split(/\s+/)]);
  });

  /** What it answers to each line. */
  const judge = (
    { suite, masterKey, masterSalt }: SrtpKeys,
    lines: readonly string[],
  ): string[] => {
    const key = hex(masterKey) + hex(masterSalt);
    const input = `${lines.join('\n')}\n`;
    const { status, stdout, stderr } = spawnSync(program, [suite, key], { input });
    expect(status, stderr.toString()).toBe(0);
    return stdout.toString().trim().split('\n');
  };

  it.each(suites)(
    '%s: it reads what we protect, also when sequence numbers begin anew',
    (suite) => {
      const keys = keysOf(suite);
      const sender = new SrtpSender(keys, packetSigner());
      const packets = rtpPackets();
      const reports = rtcpCompounds();
      const lines = [
        ...packets.map((one) => `U ${hex(sender.protect(one))}`),
        ...reports.map((one) => `u ${hex(sender.protectControl(one))}`),
      ];
      expect(judge(keys, lines)).toEqual([...packets, ...reports].map(hex));
    },
  );

  it.each(suites)('%s: we read what it protects, and nothing of it twice', (suite) => {
    const keys = keysOf(suite);
    const receiver = new SrtpReceiver(keys, packetSigner());
    const packets = rtpPackets();
    const reports = rtcpCompounds();
    const lines = [
      ...packets.map((one) => `P ${hex(one)}`),
      ...reports.map((one) => `p ${hex(one)}`),
    ];
    const sealed = judge(keys, lines);
    const media = sealed.slice(0, packets.length);
    const control = sealed.slice(packets.length);
    expect(media.map((one) => hex(receiver.unprotect(bytes(one))))).toEqual(packets.map(hex));
    expect(control.map((one) => hex(receiver.unprotectControl(bytes(one))))).toEqual(
      reports.map(hex),
    );
    for (const one of media) expect(receiver.unprotect(bytes(one))).toBeUndefined();
    for (const one of control) expect(receiver.unprotectControl(bytes(one))).toBeUndefined();
  });

  it.each(suites)('%s: both give the same bytes for the same packet', (suite) => {
    const keys = keysOf(suite);
    const sender = new SrtpSender(keys, packetSigner());
    const packets = rtpPackets();
    const reports = rtcpCompounds();
    const ours = [
      ...packets.map((one) => hex(sender.protect(one))),
      ...reports.map((one) => hex(sender.protectControl(one))),
    ];
    const lines = [
      ...packets.map((one) => `P ${hex(one)}`),
      ...reports.map((one) => `p ${hex(one)}`),
    ];
    expect(judge(keys, lines)).toEqual(ours);
  });

  it.each(suites)('%s: it refuses a copy and a forgery of ours', (suite) => {
    const keys = keysOf(suite);
    const sender = new SrtpSender(keys, packetSigner());
    const [one = new Uint8Array(0), two = new Uint8Array(0)] = rtpPackets();
    const first = hex(sender.protect(one));
    const second = hex(sender.protect(two)).replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const [taken, copy, forged] = judge(keys, [`U ${first}`, `U ${first}`, `U ${second}`]);
    expect([taken, copy?.[0], forged?.[0]]).toEqual([hex(one), '!', '!']);
  });
});

function keysOf(suite: SrtpSuite): SrtpKeys {
  const { keyLength, saltLength } = SRTP_SUITES[suite];
  return { suite, masterKey: random.bytes(keyLength), masterSalt: random.bytes(saltLength) };
}

/** Of all lengths, with sources and an extension, over the end of the sequence numbers. */
function rtpPackets(): Uint8Array[] {
  return Array.from({ length: 60 }, (_, at) => {
    const sequence = (65_500 + at) & 0xffff;
    const head = [0x80, 0, sequence >>> 8, sequence & 0xff, 0, 0, 0, at, 1, 2, 3, 4];
    if (at % 3 === 1) head[0] = 0x82; // two sources
    if (at % 3 === 2) head[0] = 0x90; // an extension of a word
    const more = [[], [0, 0, 0, 9, 0, 0, 0, 8], [0xbe, 0xde, 0, 1, 0x10, 7, 0, 0]][at % 3] ?? [];
    return Uint8Array.from([...head, ...more, ...random.bytes((at * 37) % 400)]);
  });
}

function rtcpCompounds(): Uint8Array[] {
  return Array.from({ length: 20 }, (_, at) => {
    const words = at % 5;
    const report = [0x80, 201, 0, 1, 1, 2, 3, 4];
    return Uint8Array.from([...report, 0x80, 204, 0, words, ...random.bytes(4 * words)]);
  });
}

function hex(packet: Uint8Array | undefined): string {
  return packet === undefined ? 'nothing' : Buffer.from(packet).toString('hex');
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}
