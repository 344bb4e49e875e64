import { type Endpoint, type Runtime, seededRandom, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { createDtlsIdentity, DtlsConnection, fingerprintOf, isDtls } from '../dtls/index.ts';
import { candidatePriority, type IceBase, IceSession, localCandidate } from '../ice/index.ts';
import { SourceLock } from '../rtp/source-lock.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import { packetSigner } from '../srtp/index.ts';
import { readStun } from '../stun/index.ts';
import type { CoreEvent } from './core-api.ts';
import { MediaProtection } from './media-protection.ts';
import { MediaTransport } from './media-transport.ts';

const OURS: Endpoint = { address: '192.0.2.1', port: 4000 };
/** The peer has two addresses; the first one is the better. */
const THEIRS = [
  { address: '198.51.100.2', port: 5000 },
  { address: '198.51.100.3', port: 6000 },
] as const;
const STRANGER: Endpoint = { address: '203.0.113.66', port: 6666 };

/** A transport of ours, and a peer that has checked both of its addresses (RFC 8445). */
function story() {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const identities = {
    ours: createDtlsIdentity({ clock, random }),
    theirs: createDtlsIdentity({ clock, random }),
  };
  const told: CoreEvent[] = [];
  const answers: { packet: Uint8Array; to: Endpoint }[] = [];
  const bases: readonly IceBase[] = [0, 1].map((at) => ({
    type: 'host',
    priority: candidatePriority('host') - at * 256,
  }));
  // the better way is the slower one: both have worked before it is nominated
  const delayOf = (base: IceBase): number => (base === bases[0] ? 60 : 10);
  const lock = new SourceLock({ learning: 'near', graceMs: 250, relatchAfterMs: 3000 });
  const transport: MediaTransport = new MediaTransport({
    runtime: { clock, random } as unknown as Runtime, // neither sockets nor a log are used here
    lock,
    protection: new MediaProtection(packetSigner(), clock),
    identity: identities.ours,
    onRelayed: () => {},
    tell: (event) => told.push(event),
  });
  transport.socket = {
    local: OURS,
    send: (packet, to) => {
      const copy = packet.slice();
      if (isDtls(copy)) return void answers.push({ packet: copy, to });
      const base = bases[THEIRS.findIndex(({ port }) => port === to.port)];
      const message = readStun(copy);
      if (base && message) clock.arm(delayOf(base), () => peer.receive(message, base, OURS));
    },
    close: async () => {},
  };
  const peer: IceSession = new IceSession({
    clock,
    random,
    family: 4,
    send: (packet, base) => {
      const from = THEIRS[bases.indexOf(base)] ?? STRANGER;
      const copy = packet.slice();
      clock.arm(delayOf(base), () => transport.receive(copy, from));
    },
    onSelected: () => {},
    onFailed: () => {},
  });
  for (const base of bases) peer.addBase(base);
  const describedAs = (name: string, candidates: ReturnType<typeof localCandidate>[]) => ({
    ufrag: name,
    pwd: name.padEnd(24, 'p'),
    lite: false,
    candidates,
  });
  const local = describedAs('ours', [localCandidate('host', OURS)]);
  const candidates = THEIRS.map((at, index) => ({
    ...localCandidate('host', at),
    priority: candidatePriority('host') - index * 256,
  }));
  const remote = describedAs('theirs', candidates);
  const fingerprints = [fingerprintOf(identities.theirs.certificate)];
  const media = {
    security: { kind: 'dtls', role: 'server', fingerprints },
    ice: { local, remote, controlling: false },
  };
  transport.configure(media as unknown as NegotiatedMedia); // of the rest it uses nothing
  peer.configure({ local: remote, remote: local, controlling: true });
  clock.advance(2000);
  return { clock, random, identities, transport, lock, told, answers };
}

describe('what shares a port with RTP', () => {
  it('takes a handshake from any pair that was checked, though another is nominated (RFC 8445 §12.1)', () => {
    const { clock, random, identities, transport, lock, told, answers } = story();
    expect(transport.target).toMatchObject(THEIRS[0]);
    const secured: unknown[] = [];
    const client: DtlsConnection = new DtlsConnection({
      role: 'client',
      identity: identities.theirs,
      fingerprints: [fingerprintOf(identities.ours.certificate)],
      isVerified: true,
      isPeer: () => true,
      clock,
      random,
      // from where nothing was nominated
      send: (datagram) => void transport.receive(datagram.slice(), THEIRS[1]),
      onSecured: (keys) => secured.push(keys),
      onFailed: (reason) => secured.push(reason),
    });
    for (let round = 0; round < 10; round++) {
      clock.advance(100);
      for (const { packet, to } of answers.splice(0)) {
        expect(to).toMatchObject(THEIRS[0]);
        client.receive(packet, OURS);
      }
    }
    expect(told).toContainEqual(expect.objectContaining({ type: 'secured', keying: 'dtls' }));
    expect(secured).toHaveLength(1);
    expect(secured[0]).toHaveProperty('send.suite');
    expect(lock.strangers).toBe(0);
    client.close();
    transport.close();
  });

  it('takes none of an address that nobody has checked, and counts it', () => {
    const { clock, random, identities, transport, lock, told, answers } = story();
    const client: DtlsConnection = new DtlsConnection({
      role: 'client',
      identity: identities.theirs,
      fingerprints: [fingerprintOf(identities.ours.certificate)],
      isVerified: true,
      isPeer: () => true,
      clock,
      random,
      send: (datagram) => void transport.receive(datagram.slice(), STRANGER),
      onSecured: () => {},
      onFailed: () => {},
    });
    clock.advance(500);
    expect([answers, told.filter(({ type }) => type === 'secured')]).toEqual([[], []]);
    expect(lock.strangers).toBeGreaterThan(0);
    client.close();
    transport.close();
  });
});
