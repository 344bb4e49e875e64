// CPU of a whole UAS per call, and what it does to the event loop.
import { fixed, interleave, measure, quick, table, targets } from '../report.mjs';
import { has } from '../processes.mjs';
import { canCompile } from '../native.mjs';

const RATE = 1000;
const BUSY_RATE = 3000;
const SECONDS = quick ? 2 : 6;

export function uas() {
  if (!has('sipp')) return ['## UAS under sipp', '', 'Not measured: sipp is not installed.', ''];
  const names = ['strowger', 'batched', 'sip', 'dgram'];
  if (canCompile('sofia-sip-ua')) names.push('nta');
  if (has('kamailio')) names.push('kamailio');
  const runs = interleave(names, (name) => measure('uas.mjs', [name, RATE, SECONDS]));
  const busy = interleave(['strowger'], (name) =>
    measure('uas.mjs', [name, BUSY_RATE, SECONDS, 'delay']),
  );
  const rows = names.map((name) => {
    const { microseconds, failed, retransmissions } = runs[name];
    return [name, fixed(microseconds), failed, retransmissions];
  });
  const own = runs.strowger.microseconds;
  const batched = runs.batched.microseconds;
  return [
    `## UAS under sipp: UDP, ${RATE} calls/s`,
    '',
    'INVITE, 200, ACK, BYE, 200. Strowger: transport and transaction layer. `dgram`: a bare socket',
    'and string search, without transactions. Batched: Strowger on datagram-batch. nta: sofia-sip.',
    'Kamailio: `-x tlsf -X tlsf`, two workers. CPU of all threads, user and system.',
    'Four seconds of calls go before; nta grows dearer with what lingers (about 125 to 145 after two).',
    '',
    ...table(['', 'CPU µs per call', 'failed', 'sipp retransmitted'], rows),
    ...targets([
      ['CPU per call, times nta', own / runs.nta?.microseconds, 1, 'at most'],
      ['the same, batched', batched / runs.nta?.microseconds, 1, 'at most'],
      ['CPU per call, times npm `sip`', own / runs.sip.microseconds, 0.33, 'at most'],
      ['the same, batched', batched / runs.sip.microseconds, 0.33, 'at most'],
    ]),
    `At ${BUSY_RATE} calls/s: ${fixed(busy.strowger.microseconds)} µs per call,`,
    `${busy.strowger.failed} failed; event loop's delay ${fixed(busy.strowger.p999)} ms at the 99.9th`,
    `percentile (a monitor with a resolution of 1 ms, which is part of that CPU),`,
    `${fixed(busy.strowger.max)} ms at most.`,
    '',
  ];
}
