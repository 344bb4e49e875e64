import { seededRandom, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import type { Fingerprint, SrtpKeys } from '../sdp/index.ts';
import { DtlsConnection, type DtlsConnectionOptions } from './dtls-connection.ts';
import { createDtlsIdentity, fingerprintOf } from './dtls-identity.ts';
import { readRecords, writeRecord } from './dtls-records.ts';
import { frameMessage } from './handshake-message.ts';
import { EXTENSIONS, listOf, readServerHello, writeClientHello } from './hello.ts';
import { concat, uint, vector } from './tls-bytes.ts';

type Keys = { readonly send: SrtpKeys; readonly receive: SrtpKeys };

const clocks = { clock: new VirtualClock(), random: seededRandom(7) };
const IDENTITIES = { client: createDtlsIdentity(clocks), server: createDtlsIdentity(clocks) };
const ADDRESSES = {
  client: { address: '192.0.2.1', port: 4000 },
  server: { address: '192.0.2.2', port: 5000 },
};
type Side = keyof typeof IDENTITIES;

/** Two connections over a path of 10 ms that `passes` may cut, counting datagrams of both. */
function story({
  passes = () => true,
  changes,
  isVerified = false,
  fingerprints = {},
}: {
  passes?: (side: Side, count: number) => boolean;
  changes?: (datagram: Uint8Array, count: number) => void;
  isVerified?: boolean;
  fingerprints?: Partial<Record<Side, readonly Fingerprint[]>>;
} = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const ladder: string[] = [];
  const keys: Partial<Record<Side, Keys>> = {};
  const failures: Partial<Record<Side, string>> = {};
  const ends: Partial<Record<Side, DtlsConnection>> = {};
  const datagrams: { side: Side; datagram: Uint8Array }[] = [];
  let count = 0;
  const options = (role: Side): DtlsConnectionOptions => {
    const other = role === 'client' ? 'server' : 'client';
    return {
      role,
      identity: IDENTITIES[role],
      fingerprints: fingerprints[role] ?? [fingerprintOf(IDENTITIES[other].certificate)],
      isVerified,
      isPeer: ({ address }) => address === ADDRESSES[other].address,
      clock,
      random,
      send: (datagram, to) => {
        if (to?.address === STRANGER.address) return;
        datagrams.push({ side: role, datagram });
        const arrives = passes(role, count);
        const arriving = datagram.slice();
        changes?.(arriving, count);
        count++;
        ladder.push(`${clock.now()} ${role} ${contentOf(datagram)}${arrives ? '' : ' lost'}`);
        if (!arrives) return;
        clock.arm(10, () => ends[other]?.receive(arriving, ADDRESSES[role]));
      },
      onSecured: (made) => void (keys[role] = made),
      onFailed: (reason) => void (failures[role] = reason),
    };
  };
  ends.server = new DtlsConnection(options('server'));
  ends.client = new DtlsConnection(options('client'));
  return { clock, ladder, keys, failures, datagrams, ends: ends as Record<Side, DtlsConnection> };
}

const STRANGER = { address: '203.0.113.9', port: 9 };

/** A handshake record in the clear. */
function clear(fragment: Uint8Array): Uint8Array {
  return writeRecord({ type: 22, epoch: 0, sequence: 99, fragment });
}

function serverHelloDone(number: number): Uint8Array {
  return frameMessage('serverHelloDone', number, new Uint8Array(0));
}

/** Types of the messages in the clear, `*` for what is enciphered. */
function contentOf(datagram: Uint8Array): string {
  return readRecords(datagram)
    .map(({ type, epoch, fragment }) => (epoch > 0 ? '*' : type === 22 ? fragment[0] : `c${type}`))
    .join(' ');
}

describe('a connection of DTLS (RFC 6347)', () => {
  it('gives both sides the same keys, after a cookie (RFC 6347 §4.2.1)', () => {
    const { clock, ladder, keys } = story();
    clock.advance(1000);
    expect(ladder).toEqual([
      '0 client 1',
      '10 server 3',
      '20 client 1',
      '30 server 2 11 12 13 14',
      '40 client 11 16 15 c20 *',
      '50 server c20 *',
    ]);
    expect(keys.client?.send.suite).toBe('AEAD_AES_128_GCM');
    expect(keys.client).toEqual({ send: keys.server?.receive, receive: keys.server?.send });
    expect(keys.client?.send).not.toEqual(keys.client?.receive);
    expect(clock.armedTimers).toBe(0);
  });

  it('is of 1.2 with a client that would rather have 1.3', () => {
    const { ends, datagrams } = story({ isVerified: true });
    const [supportedVersions, keyShare] = [43, 51];
    const hello = writeClientHello({
      random: new Uint8Array(32).fill(5),
      cookie: new Uint8Array(0),
      suites: [0x1301, 0x1303, 0xc02b],
      extensions: new Map([
        [EXTENSIONS.supportedGroups, listOf([0x11ec, 29, 23])],
        [EXTENSIONS.signatureAlgorithms, listOf([0x0403, 0x0804])],
        [EXTENSIONS.useSrtp, concat(listOf([7, 1]), vector(1))],
        [EXTENSIONS.extendedMasterSecret, new Uint8Array(0)],
        [supportedVersions, vector(1, uint(2, 0xfefc), uint(2, 0xfefd))],
        [keyShare, vector(2, uint(2, 29), vector(2, new Uint8Array(32).fill(9)))],
      ]),
    });
    datagrams.length = 0;
    ends.server.receive(clear(frameMessage('clientHello', 0, hello)), ADDRESSES.client);
    const [answer] = datagrams.filter(({ side }) => side === 'server');
    const [first] = readRecords(answer?.datagram ?? new Uint8Array(0));
    expect(first?.fragment[0]).toBe(2);
    const said = readServerHello(first?.fragment.subarray(12) ?? new Uint8Array(0));
    expect(said.suite).toBe(0xc02b);
    expect([...said.extensions.keys()]).not.toContain(supportedVersions);
    expect([...said.extensions.keys()]).not.toContain(keyShare);
    expect(said.extensions.has(EXTENSIONS.useSrtp)).toBe(true);
  });

  it('asks for no cookie where the address was verified before', () => {
    const { clock, ladder, keys } = story({ isVerified: true });
    clock.advance(1000);
    expect(ladder).toHaveLength(4);
    expect(keys.client?.send).toEqual(keys.server?.receive);
  });

  it.each([0, 1, 2, 3, 4, 5])('bears the loss of datagram %d (RFC 6347 §4.2.4)', (lost) => {
    const { clock, keys } = story({ passes: (_, count) => count !== lost });
    clock.advance(1500);
    expect(keys.client).toEqual({ send: keys.server?.receive, receive: keys.server?.send });
  });

  it('bears any losses that end', () => {
    for (let seed = 0; seed < 40; seed++) {
      const chance = seededRandom(seed);
      const { clock, keys, datagrams } = story({ passes: () => chance.float() > 0.4 });
      clock.advance(29_000);
      expect(keys.client, `seed ${seed}`).toBeDefined();
      expect(keys.client?.send, `seed ${seed}`).toEqual(keys.server?.receive);
      expect(datagrams.length).toBeLessThan(60);
      // nobody repeats itself once both are done
      const before = datagrams.length;
      clock.advance(60_000);
      expect(datagrams.length).toBe(before);
    }
  });

  it('never uses the number of a record twice (RFC 6347 §4.1)', () => {
    const chance = seededRandom(3);
    const { clock, datagrams } = story({ passes: () => chance.float() > 0.5 });
    clock.advance(29_000);
    const numbers = datagrams.flatMap(({ side, datagram }) =>
      readRecords(datagram).map(({ epoch, sequence }) => `${side} ${epoch} ${sequence}`),
    );
    expect(numbers.length).toBeGreaterThan(20);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('fails with what shows another certificate, on both sides (RFC 8122 §6)', () => {
    const wrong = [fingerprintOf(new Uint8Array(9))];
    const client = story({ fingerprints: { client: wrong } });
    client.clock.advance(100);
    expect(client.failures.client).toBe('The certificate has another fingerprint');
    client.clock.advance(31_000);
    expect(client.failures.server).toBe('The other side refused the handshake (alert 42)');
    expect(client.keys).toEqual({});
    const server = story({ fingerprints: { server: wrong } });
    server.clock.advance(100);
    expect(server.failures.server).toBe('The certificate has another fingerprint');
    expect(server.keys).toEqual({});
  });

  it('gives up when nobody is there', () => {
    const { clock, failures, ladder } = story({ passes: () => false });
    clock.advance(29_999);
    expect(failures).toEqual({});
    clock.advance(1);
    expect(failures.client).toBe('No handshake took place');
    expect(ladder.map((line) => Number(line.split(' ')[0]))).toEqual([
      0, 400, 1200, 2800, 6000, 9200, 12_400, 15_600, 18_800, 22_000, 25_200, 28_400,
    ]);
    expect(clock.armedTimers).toBe(0);
  });

  it('goes on after alerts in the clear, garbage and records of strangers', () => {
    const { clock, keys, failures, ends } = story();
    const stranger = { address: '203.0.113.9', port: 9 };
    const alert = Uint8Array.from([21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]);
    clock.advance(15);
    for (const end of [ends.client, ends.server]) {
      end.receive(alert, stranger);
      end.receive(alert.subarray(0, 14), stranger);
      end.receive(
        Uint8Array.from({ length: 60 }, (_, at) => (at === 0 ? 22 : at)),
        stranger,
      );
    }
    clock.advance(1000);
    expect(failures).toEqual({});
    expect(keys.client?.send).toEqual(keys.server?.receive);
  });

  it('is not ended by anything in the clear once there are keys', () => {
    const { clock, failures, ends, ladder } = story();
    clock.advance(1000);
    const before = ladder.length;
    for (const from of [STRANGER, ADDRESSES.client, ADDRESSES.server]) {
      for (const end of [ends.client, ends.server]) {
        end.receive(clear(Uint8Array.of(14, 0, 0, 9, 0, 3, 0, 0, 0, 0, 0, 9)), from); // cut off
        for (let number = 0; number < 8; number++)
          end.receive(clear(serverHelloDone(number)), from);
      }
    }
    clock.advance(60_000);
    expect(failures).toEqual({});
    expect(ends.client.isSecured && ends.server.isSecured).toBe(true);
    expect(ladder.slice(before).filter((line) => line.includes('client'))).toEqual([]);
  });

  it('is not kept from its peer by a hello of a stranger, however often', () => {
    const other = story();
    const [hello] = other.datagrams;
    const { clock, keys, failures, ends } = story();
    for (const at of [0, 5, 12, 25]) {
      clock.arm(at, () => ends.server.receive(hello?.datagram ?? new Uint8Array(0), STRANGER));
    }
    clock.advance(1000);
    expect(failures).toEqual({});
    expect(keys.client?.send).toEqual(keys.server?.receive);
  });

  it('is not disturbed by messages of strangers between those of its peer', () => {
    for (const at of [5, 15, 25, 35, 45]) {
      const { clock, keys, failures, ends } = story();
      clock.arm(at, () => {
        for (const end of [ends.client, ends.server]) {
          for (let number = 0; number < 8; number++) {
            end.receive(clear(serverHelloDone(number)), STRANGER);
          }
        }
      });
      clock.advance(2000);
      expect(failures, `${at} ms`).toEqual({});
      expect(keys.client?.send, `${at} ms`).toEqual(keys.server?.receive);
    }
  });

  it('bears any byte of its handshake being another one', () => {
    for (let seed = 0; seed < 120; seed++) {
      const chance = seededRandom(seed);
      const broken = seed % 6;
      const { clock, keys, failures } = story({
        changes: (datagram, count) => {
          const at = Math.floor(chance.float() * datagram.length);
          if (count === broken) datagram[at] = (datagram[at] ?? 0) ^ (1 + (seed % 255));
        },
      });
      clock.advance(40_000);
      const [one, other] = [keys.client, keys.server];
      const isSecured = one !== undefined && other !== undefined;
      if (isSecured) expect(one.send, `seed ${seed}`).toEqual(other.receive);
      else expect(Object.keys(failures).length, `seed ${seed}`).toBeGreaterThan(0);
      expect(clock.armedTimers, `seed ${seed}`).toBe(0);
    }
  });

  it('says goodbye, and answers nothing afterwards', () => {
    const { clock, ends, ladder } = story();
    clock.advance(1000);
    const before = ladder.length;
    ends.client.close();
    ends.client.close();
    clock.advance(1000);
    expect(ladder.slice(before)).toEqual(['1000 client *']);
  });
});
