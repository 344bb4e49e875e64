import { seededRandom, VirtualClock } from '@strowger/runtime';
// what shares RTP's port is no export of its package: it is fuzzed where it stands
import { DtlsConnection } from '../../packages/media-core/src/dtls/dtls-connection.ts';
import {
  createDtlsIdentity,
  fingerprintOf,
} from '../../packages/media-core/src/dtls/dtls-identity.ts';
import {
  isDtls,
  readRecords,
  writeRecord,
} from '../../packages/media-core/src/dtls/dtls-records.ts';
import { HandshakeInbox } from '../../packages/media-core/src/dtls/handshake-message.ts';
import { promise, type Target } from './target.ts';

type Side = 'client' | 'server';

const once = { clock: new VirtualClock(), random: seededRandom(7) };
const IDENTITIES = { client: createDtlsIdentity(once), server: createDtlsIdentity(once) };
const ADDRESSES = {
  client: { address: '192.0.2.1', port: 4000 },
  server: { address: '192.0.2.2', port: 5000 },
};

/** A handshake of both sides that stops after so many datagrams have arrived. */
function handshake(most: number) {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const sent: { readonly to: Side; readonly datagram: Uint8Array }[] = [];
  const secured = new Set<Side>();
  const ends: Partial<Record<Side, DtlsConnection>> = {};
  for (const role of ['server', 'client'] as const) {
    const other = role === 'client' ? 'server' : 'client';
    ends[role] = new DtlsConnection({
      role,
      identity: IDENTITIES[role],
      fingerprints: [fingerprintOf(IDENTITIES[other].certificate)],
      isVerified: false,
      isPeer: ({ address }) => address === ADDRESSES[other].address,
      clock,
      random,
      send: (datagram) => void sent.push({ to: other, datagram: datagram.slice() }),
      onSecured: () => void secured.add(role),
      onFailed() {},
    });
  }
  for (let at = 0; at < most && at < sent.length; at++) {
    const { to, datagram } = sent[at] as (typeof sent)[number]; // in range
    ends[to]?.receive(datagram, ADDRESSES[to === 'client' ? 'server' : 'client']);
  }
  const close = (): void => {
    for (const end of Object.values(ends)) end.close();
  };
  return { ends: ends as Record<Side, DtlsConnection>, sent, secured, close };
}

/** All datagrams of one handshake, each behind a byte that says when and to whom it goes. */
function seeds(): Uint8Array[] {
  const whole = handshake(64);
  whole.close();
  return whole.sent.map(({ to, datagram }, at) =>
    Uint8Array.from([(Math.min(at, STAGES - 1) << 1) | (to === 'client' ? 1 : 0), ...datagram]),
  );
}

/** A handshake has some seven datagrams; in the last stage there are keys. */
const STAGES = 8;

/** The records of a datagram, and the handshake messages in their fragments. */
export const records: Target = {
  seeds: seeds().map((seed) => seed.subarray(1)),
  run(bytes) {
    if (!isDtls(bytes)) return;
    const found = readRecords(bytes);
    const written = found.reduce((sum, { fragment }) => sum + 13 + fragment.length, 0);
    promise(written <= bytes.length, 'records have more bytes than their datagram');
    for (const record of found) {
      const [again] = readRecords(writeRecord(record));
      promise(again?.sequence === record.sequence, 'a record that we wrote is read as another');
      const inbox = new HandshakeInbox();
      try {
        inbox.take(record.fragment);
      } catch {
        continue; // a fault, as the connection tells it: cut off
      }
      for (let message = inbox.shift(); message !== undefined; message = inbox.shift()) {
        promise(message.framed.length === message.body.length + 12, 'a message has lost bytes');
      }
    }
  },
};

/** A datagram in the midst of a handshake: it neither throws nor makes anybody believe a stranger. */
export const dtls: Target = {
  mostCpuMs: 60, // some of it is a handshake's arithmetic on curves, three times over
  seeds: seeds(),
  run(bytes) {
    const [first = 0] = bytes;
    const datagram = bytes.slice(1);
    if (!isDtls(datagram)) return;
    const to: Side = (first & 1) === 1 ? 'client' : 'server';
    const stage = (first >> 1) % STAGES;
    const story = handshake(stage);
    const before = new Set(story.secured);
    story.ends[to].receive(datagram, ADDRESSES[to === 'client' ? 'server' : 'client']);
    // what would complete it is enciphered with keys that no input can know
    promise(story.secured.size === before.size, 'a forged datagram completes a handshake');
    promise(story.ends[to].isSecured === before.has(to), 'a forged datagram ends what is secured');
    story.close();
  },
};
