// The relay of media-core beside bare loops on `dgram`.
import { first } from '../priority.mjs';
import { has } from '../processes.mjs';
import { fixed, interleave, measure, quick, table, targets } from '../report.mjs';

const STREAMS = '100';
const NAMES = {
  dgram: '`dgram`, one socket for both sides',
  connected: '`dgram`, two connected sockets',
  strowger: 'media-core',
  gathered: 'media-core, `wakeUpMs: 1`',
  batched: 'media-core on datagram-batch',
  resting: 'media-core on datagram-batch, `wakeUpMs: 1`',
  rtpengine: 'rtpengine, in userspace',
};
/** Of 300 calls in one direction: with the phones' side in the same two cores both would not fit. */
const MANY = '300';

export function relay() {
  const seconds = quick ? '1' : '4';
  const present = Object.keys(NAMES).filter((name) => name !== 'rtpengine' || has(name));
  const runs = interleave(
    present,
    (name) => first(() => measure('relay.mjs', [name, STREAMS, seconds])).microseconds,
  );
  const ways = ['direct', ...present.filter((name) => name !== 'dgram')];
  const delays = interleave(
    ways,
    (name) => first(() => measure('relay.mjs', [name, MANY, seconds])).p99Ms,
  );
  const labels = { direct: 'nobody between', ...NAMES };
  return [
    `## RTP relay: ${STREAMS} streams of 50 packets/s`,
    '',
    'Each goes through a socket of its own on either side; they are spread over the 20 ms. All have flowed',
    'for twelve seconds before.',
    'Started by root, everything here goes before what else runs on the machine.',
    '',
    ...table(
      ['', 'CPU µs per packet', 'share of the connected loop'],
      present.map((name) => [NAMES[name], fixed(runs[name]), fixed(runs.connected / runs[name])]),
    ),
    ...table(
      [`${MANY} streams: from one side's socket to the other's`, '99 %, ms'],
      ways.map((name) => [labels[name], fixed(delays[name])]),
    ),
    ...targets([
      ['CPU per packet, times the connected loop', runs.strowger / runs.connected, 1.1, 'at most'],
      ['the same, batched', runs.batched / runs.connected, 1.1, 'at most'],
      ['added delay, 99 %, ms', delays.strowger - delays.direct, 2, 'at most'],
      ['the same, batched', delays.batched - delays.direct, 2, 'at most'],
    ]),
  ];
}
