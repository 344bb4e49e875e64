import { seededRandom, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import type { Channel, ChannelUser } from './channel.ts';
import { ConnectionTable } from './connection-table.ts';
import { Gate } from './gate.ts';
import type { Hop } from './hop.ts';
import { SecurityEvents } from './security-events.ts';
import { defaultLimits } from './transport-limits.ts';
import { newMetrics } from './transport-metrics.ts';

const PBX: Hop = { transport: 'tcp', address: '192.0.2.1', port: 5060 };

/** A stream that opens when it is told to. */
class FakeChannel implements Channel {
  local = { address: '0.0.0.0', port: 0 };
  readonly waitingBytes = 0;
  readonly identity = undefined;
  readonly refusesPeer = false;
  isDestroyed = false;
  private user: ChannelUser | undefined;
  private done: (error?: Error | null) => void = () => {};

  start(user: ChannelUser): void {
    this.user = user;
  }

  open(address: string): void {
    this.local = { address, port: 40_000 };
    this.user?.onOpen();
  }

  write(_: Uint8Array, done: (error?: Error | null) => void): void {
    this.done = done;
  }

  ping(): void {}

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.done(new Error('destroyed'));
    this.user?.onReleased();
  }
}

function table() {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const log: string[] = [];
  const general = { clock, random, limits: defaultLimits, metrics: newMetrics() };
  const events = new SecurityEvents({ ...general, tell: () => {} });
  const gate = new Gate({ ...general, events, admission: {}, onBanned: () => {} });
  const connections = new ConnectionTable({
    ...general,
    events,
    gate,
    onHeard: () => {},
    onUnframed: () => {},
    onReach: ({ address }, reached) => log.push(`${address} ${reached ? 'took' : 'refused'}`),
    onPong: () => {},
    onGone: ({ address }) => log.push(`${address} is gone`),
  });
  return { connections, log };
}

describe('a table of connections, on a machine that loses an address', () => {
  it('closes those from there, and keeps the others', () => {
    const { connections, log } = table();
    const channels = ['10.0.0.1', '10.9.0.7'].map((address) => {
      const channel = new FakeChannel();
      connections.open(PBX, address, () => channel);
      channel.open(address);
      return channel;
    });
    log.length = 0;
    connections.leave((address) => address === '10.9.0.7');
    expect(channels.map(({ isDestroyed }) => isDestroyed)).toEqual([true, false]);
    expect(log).toEqual(['192.0.2.1 is gone']);
    expect(connections.find(PBX)?.local.address).toBe('10.9.0.7');
  });

  it('gives up those that were to be opened from there, and holds that against no peer', () => {
    const { connections, log } = table();
    const failures: string[] = [];
    const open = (from: string): FakeChannel => {
      const channel = new FakeChannel();
      const connection = connections.open(PBX, from, () => channel);
      connection.send(new Uint8Array(1), ({ code }) => failures.push(`${from} ${code}`));
      return channel;
    };
    const channels = [open('10.0.0.1'), open('10.9.0.7')];
    connections.leave((address) => address === '10.9.0.7');
    expect(channels.map(({ isDestroyed }) => isDestroyed)).toEqual([true, false]);
    expect(failures).toEqual(['10.0.0.1 CONNECT_FAILED']);
    expect(log).toEqual([]);
    expect(() => open('10.9.0.7')).not.toThrow(); // the peer is not left alone for it
  });
});
