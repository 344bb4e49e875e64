import { seededRandom, VirtualClock } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { RtpSender } from './rtp-sender.ts';

it('keeps its media clock during an event, all of whose packets have one timestamp', () => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const transmit = (): boolean => true;
  const sender = new RtpSender({ ssrc: 1, clock, random, clockRate: () => 8000, transmit });
  for (let packets = 0; packets < 5; packets++) {
    sender.send(new Uint8Array(16), { marker: false, payloadType: 101, timestamp: 1000 });
    clock.advance(20);
  }
  expect(sender.timestampNow()).toBe(1000 + 5 * 160);
});
