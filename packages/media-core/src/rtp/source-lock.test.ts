import { describe, expect, it } from 'vitest';
import { type PacketArrival, type SourceLearning, SourceLock } from './source-lock.ts';

const SDP = { address: '10.0.0.1', port: 4000 };
const NATTED = { address: '192.0.2.9', port: 31_000 };
const STRANGER = { address: '203.0.113.66', port: 6666 };
const OPTIONS = { learning: 'near', graceMs: 250, relatchAfterMs: 3000 } as const;

function story(learning: SourceLearning = 'near') {
  const lock = new SourceLock({ ...OPTIONS, learning });
  let sequence = 0;
  /** Sends so many packets in a row at `now`; returns how many were taken. */
  const send = (from: typeof SDP, count: number, arrival: PacketArrival, ssrc: number): number => {
    let taken = 0;
    for (let at = 0; at < count; at++)
      if (lock.admit(from, { ssrc, sequence: ++sequence }, arrival)) taken++;
    return taken;
  };
  const packets = (from: typeof SDP, count: number, now: number, ssrc = 1): number =>
    send(from, count, { now, isAuthentic: false }, ssrc);
  const authentic = (from: typeof SDP, count: number, now: number, ssrc = 1): number =>
    send(from, count, { now, isAuthentic: true }, ssrc);
  return { lock, packets, authentic };
}

describe('locking on to the source (RFC 4961, RFC 7362)', () => {
  it('takes nothing and has nowhere to send before anything was negotiated', () => {
    const { lock, packets } = story();
    expect(packets(STRANGER, 200, 0)).toBe(0);
    expect(lock.target).toBe(undefined);
    expect(lock.strangers).toBe(200);
  });

  it('sends to the negotiated address, and locks on to it with its first packet', () => {
    const { lock, packets } = story();
    lock.renegotiate(SDP, 0);
    expect(lock.target).toEqual(SDP);
    expect(packets(SDP, 1, 10)).toBe(1);
    expect(packets(STRANGER, 200, 1000)).toBe(0);
    expect(packets(SDP, 1, 1010)).toBe(1);
  });

  it('learns another source where the negotiated address is silent', () => {
    const { lock, packets } = story();
    lock.renegotiate(SDP, 0);
    expect(packets(NATTED, 20, 100)).toBe(0);
    expect(packets(NATTED, 4, 300)).toBe(1);
    expect(lock.target).toEqual(NATTED);
    expect(packets(STRANGER, 200, 400)).toBe(0);
    expect(packets(NATTED, 5, 420)).toBe(5);
  });

  it('needs packets in a row from one source to learn it', () => {
    const { lock, packets } = story();
    lock.renegotiate(SDP, 0);
    for (let round = 0; round < 50; round++) {
      expect(packets(STRANGER, 1, 500 + round) + packets(NATTED, 1, 500 + round)).toBe(0);
    }
    expect(lock.isLocked).toBe(false);
  });

  it('gives way once to the negotiated address', () => {
    const { lock, packets } = story();
    lock.renegotiate(SDP, 0);
    packets(STRANGER, 4, 300);
    expect(lock.target).toEqual(STRANGER);
    expect(packets(SDP, 1, 320)).toBe(1);
    expect(packets(STRANGER, 200, 340, 7)).toBe(0);
    expect(lock.target).toEqual(SDP);
  });

  it('learns anew after a renegotiation, but not while the old source speaks', () => {
    const { lock, packets } = story();
    lock.renegotiate(SDP, 0);
    packets(SDP, 1, 10);
    lock.renegotiate(SDP, 5000);
    packets(SDP, 1, 5010);
    expect(packets(STRANGER, 50, 5020)).toBe(0);
  });

  it('moves with a new negotiated address at once', () => {
    const { lock, packets } = story();
    lock.renegotiate(SDP, 0);
    packets(SDP, 1, 10);
    lock.renegotiate(NATTED, 1000);
    expect(lock.target).toEqual(NATTED);
    expect(packets(NATTED, 1, 1010)).toBe(1);
    expect(packets(SDP, 5, 1020)).toBe(0);
  });

  it('follows its host to another port with a new SSRC, after silence only', () => {
    const { lock, packets } = story();
    const moved = { ...NATTED, port: 31_002 };
    lock.renegotiate(SDP, 0);
    packets(NATTED, 4, 300);
    expect(packets(moved, 10, 2000, 2)).toBe(0);
    expect(packets(moved, 10, 3400, 1)).toBe(0);
    expect(packets(moved, 4, 3500, 2)).toBe(1);
    expect(lock.target).toEqual(moved);
  });

  it('M01: follows no other host, however long its source is silent', () => {
    const { lock, packets } = story();
    lock.renegotiate(SDP, 0);
    packets(SDP, 1, 10);
    expect(packets(STRANGER, 200, 60_000, 2)).toBe(0);
    expect(lock.target).toEqual(SDP);
  });

  it.each([
    ['198.51.100.7', '198.51.100.200', 'near', 1],
    ['198.51.100.7', '198.51.101.7', 'near', 0],
    ['198.51.100.7', '198.51.101.7', 'anywhere', 1],
    ['198.51.100.7', '198.51.100.200', 'never', 0],
    ['192.168.1.7', '198.51.101.7', 'near', 1],
    ['192.168.1.7', '198.51.101.7', 'never', 0],
    ['2001:db8::7', '2001:db8::1:8', 'near', 1],
    ['2001:db8::7', '2001:db8:0:1::7', 'near', 0],
    ['fd00::7', '2001:db8::7', 'near', 1],
    ['phone.example', '198.51.100.7', 'near', 0],
  ] as const)('M01: of a peer at %s learns %s or not: %s', (address, source, learning, taken) => {
    const { lock, packets } = story(learning);
    lock.renegotiate({ address, port: 4000 }, 0);
    expect(packets({ address: source, port: 5000 }, 4, 300)).toBe(taken);
  });

  it('believes who has the keys at once, and follows them after silence', () => {
    const { lock, authentic } = story();
    lock.renegotiate({ address: '198.51.100.7', port: 4000 }, 0);
    expect(authentic(NATTED, 1, 10)).toBe(1);
    expect(lock.target).toEqual(NATTED);
    expect(authentic(STRANGER, 1, 20)).toBe(0); // a copy that came another way
    expect(authentic(STRANGER, 1, 3100)).toBe(1);
    expect(lock.target).toEqual(STRANGER);
  });

  it('takes RTCP from the host of the source alone', () => {
    const { lock, packets } = story();
    expect(lock.admitsControl(SDP, undefined)).toBe(false);
    lock.renegotiate(SDP, 0);
    expect(lock.admitsControl({ ...SDP, port: 4001 }, undefined)).toBe(true);
    packets(NATTED, 4, 300);
    expect(lock.admitsControl({ ...NATTED, port: 99 }, undefined)).toBe(true);
    expect(lock.admitsControl(STRANGER, undefined)).toBe(false);
  });
});
