import { createHash } from 'node:crypto';
import { type Endpoint, seededRandom, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import {
  ATTRIBUTES,
  errorCode,
  isSignedWith,
  isStun,
  METHODS,
  readStun,
  readUint32,
  readUtf8,
  type StunMessage,
  uint32,
  utf8,
  writeStun,
  xorAddress,
} from '../stun/index.ts';
import { TurnAllocation } from './turn-allocation.ts';

const RELAYED = { address: '203.0.113.1', port: 49_152 };
const MAPPED = { address: '198.51.100.7', port: 32_000 };
const PEER = { address: '192.0.2.9', port: 7000 };
const KEY = createHash('md5').update('alice:here:secret').digest();
const names = new Map<number, string>(
  Object.entries(METHODS).map(([name, number]) => [number, name]),
);

/** A relay of a few lines: it grants what is signed under its present nonce. */
function story({ isHonest = true, lifetimeS = 600 } = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(5);
  const ladder: string[] = [];
  const heard: string[] = [];
  const server = { nonce: 'first', isDown: false };
  const answer = (request: StunMessage): Uint8Array => {
    const { method, transaction, attributes } = request;
    const challenge = (code: number): Uint8Array =>
      writeStun({
        kind: 'error',
        method,
        transaction,
        attributes: [
          [ATTRIBUTES.errorCode, errorCode(code, 'again')],
          [ATTRIBUTES.realm, utf8('here')],
          [ATTRIBUTES.nonce, utf8(server.nonce)],
        ],
      });
    if (!isSignedWith(request, KEY)) return challenge(401);
    if (readUtf8(attributes.get(ATTRIBUTES.nonce)) !== server.nonce) return challenge(438);
    return writeStun({
      kind: 'success',
      method,
      transaction,
      attributes: [
        [ATTRIBUTES.xorRelayedAddress, xorAddress(RELAYED, transaction)],
        [ATTRIBUTES.xorMappedAddress, xorAddress(MAPPED, transaction)],
        [ATTRIBUTES.lifetime, uint32(lifetimeS)],
      ],
      key: isHonest ? KEY : utf8('somebody else'),
    });
  };
  const allocation = new TurnAllocation({
    credentials: { username: 'alice', password: 'secret' },
    clock,
    random,
    onAllocated: ({ address, port }) => heard.push(`allocated ${address}:${port}`),
    onPacket: (packet, from) => heard.push(`${from.address}:${from.port} ${packet.join()}`),
    onFailed: (reason) => heard.push(reason),
    send: (packet) => {
      const message = isStun(packet) ? readStun(packet) : undefined;
      const at = Math.round(clock.now() / 1000);
      if (message === undefined) return void ladder.push(`${at} channel ${packet.slice(4).join()}`);
      const lifetime = readUint32(message.attributes.get(ATTRIBUTES.lifetime));
      ladder.push(`${at} ${names.get(message.method)}${lifetime === 0 ? ' 0' : ''}`);
      if (server.isDown || message.kind !== 'request') return;
      clock.arm(10, () => allocation.receive(answer(message)));
    },
  });
  return { clock, ladder, heard, server, allocation };
}

const dataFrom = ({ address, port }: Endpoint): Uint8Array => {
  const transaction = new Uint8Array(12);
  return writeStun({
    kind: 'indication',
    method: METHODS.data,
    transaction,
    attributes: [
      [ATTRIBUTES.xorPeerAddress, xorAddress({ address, port }, transaction)],
      [ATTRIBUTES.data, Uint8Array.of(1, 2, 3)],
    ],
  });
};

describe('an allocation at a relay (RFC 8656)', () => {
  it('answers the challenge, refreshes what it has, and gives it back (RFC 8656 §7, §8)', () => {
    const { clock, ladder, heard, allocation } = story();
    allocation.start();
    clock.advance(100);
    expect(heard).toEqual(['allocated 203.0.113.1:49152']);
    allocation.permit(PEER.address);
    clock.advance(600_000);
    allocation.close();
    clock.advance(100);
    expect(ladder).toEqual([
      '0 allocate',
      '0 allocate',
      '0 createPermission',
      '240 createPermission',
      '480 createPermission',
      '540 refresh',
      '600 refresh 0',
    ]);
    expect(clock.armedTimers).toBe(0);
  });

  it('goes on under another nonce (RFC 8489 §9.2.5)', () => {
    const { clock, ladder, heard, server, allocation } = story();
    allocation.start();
    clock.advance(100);
    server.nonce = 'second';
    clock.advance(1_100_000);
    expect(ladder).toEqual([
      '0 allocate',
      '0 allocate',
      '540 refresh',
      '540 refresh',
      '1080 refresh',
    ]);
    expect(heard).toHaveLength(1);
  });

  it('sends by indications first, and by a channel once there is one (RFC 8656 §11, §12)', () => {
    const { clock, ladder, heard, allocation } = story();
    allocation.start();
    clock.advance(100);
    allocation.send(Uint8Array.of(9), PEER);
    clock.advance(100);
    allocation.bind(PEER);
    allocation.send(Uint8Array.of(8), PEER);
    clock.advance(100);
    allocation.send(Uint8Array.of(7), PEER);
    allocation.receive(Uint8Array.of(0x40, 0, 0, 2, 5, 6));
    allocation.receive(Uint8Array.of(0x40, 1, 0, 2, 5, 6));
    allocation.receive(Uint8Array.of(0x40, 0, 0, 9, 5, 6));
    expect(ladder.slice(2)).toEqual([
      '0 createPermission',
      '0 send',
      '0 channelBind',
      '0 send',
      '0 channel 7',
    ]);
    expect(heard.slice(1)).toEqual(['192.0.2.9:7000 5,6']);
  });

  it('takes packets of those alone that it let through (RFC 8656 §9)', () => {
    const { clock, heard, allocation } = story();
    allocation.start();
    clock.advance(100);
    allocation.receive(dataFrom(PEER));
    allocation.permit(PEER.address);
    allocation.receive(dataFrom(PEER));
    expect(heard.slice(1)).toEqual(['192.0.2.9:7000 1,2,3']);
  });

  it('believes nothing that the server has not signed', () => {
    const { clock, heard, allocation } = story({ isHonest: false });
    allocation.start();
    clock.advance(60_000);
    expect(heard).toEqual(['The relay: no address']);
    expect(clock.armedTimers).toBe(0);
  });

  it('asks no more once it is closed, also before it had an address', () => {
    const { clock, ladder, server, allocation } = story();
    server.isDown = true;
    allocation.start();
    clock.advance(600);
    allocation.close();
    const before = ladder.length;
    clock.advance(60_000);
    expect(ladder.length).toBe(before);
    expect(clock.armedTimers).toBe(0);
  });

  it('gives up where nobody answers, at first or later', () => {
    const { clock, heard, server, allocation } = story();
    allocation.start();
    clock.advance(100);
    server.isDown = true;
    clock.advance(600_000);
    expect(heard.slice(1)).toEqual(['The relay: the address is gone']);
    expect(clock.armedTimers).toBe(0);
  });
});
