import { seededRandom, VirtualClock } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { RtpSender } from './rtp-sender.ts';

/** All that it sends is its own. */
const alone = { transmit: () => true, catchUp() {}, interrupt() {} };

it('keeps its media clock during an event, all of whose packets have one timestamp', () => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const rates = { clockRate: () => 8000, rateOf: () => undefined };
  const sender = new RtpSender({ ssrc: 1, clock, random, ...rates, ...alone });
  for (let packets = 0; packets < 5; packets++) {
    sender.send(new Uint8Array(16), { marker: false, payloadType: 101, timestamp: 1000 });
    clock.advance(20);
  }
  expect(sender.timestampNow()).toBe(1000 + 5 * 160);
});

it('counts in the rate of the voice that it sent last, though another one was agreed first', () => {
  const clock = new VirtualClock();
  const rates = {
    clockRate: () => 8000,
    rateOf: (payloadType: number) => (payloadType === 96 ? 48_000 : undefined),
  };
  const sender = new RtpSender({ ssrc: 1, clock, random: seededRandom(1), ...rates, ...alone });
  sender.send(new Uint8Array(16), { marker: false, payloadType: 96, timestamp: 1000 });
  clock.advance(20);
  sender.send(new Uint8Array(16), { marker: true, payloadType: 101, timestamp: 1960 });
  clock.advance(20);
  expect(sender.timestampNow()).toBe(1000 + 2 * 960);
});
