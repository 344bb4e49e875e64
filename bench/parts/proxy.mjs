// CPU of a stateful proxy per call, beside kamailio's and what npm `sip` needs to answer.
import { has } from '../processes.mjs';
import { fixed, interleave, measure, quick, table, targets } from '../report.mjs';

const RATE = 1000;
const SECONDS = quick ? 3 : 8;

export function proxy() {
  const title = `## Stateful proxy under sipp: UDP, ${RATE} calls/s`;
  if (!has('sipp')) return [title, '', 'Not measured: sipp is not installed.', ''];
  const names = ['strowger', 'batched', 'dgram', ...(has('kamailio') ? ['kamailio'] : [])];
  const runs = interleave(names, (name) => measure('proxy.mjs', [name, RATE, SECONDS]));
  const answering = interleave(['sip'], (name) => measure('uas.mjs', [name, RATE, SECONDS]));
  const late = measure('proxy.mjs', ['strowger', RATE, SECONDS, '--timers']);
  const lateBatched = measure('proxy.mjs', ['batched', RATE, SECONDS, '--timers']);
  const { heap } = measure('proxy-memory.mjs', ['heap'], ['--expose-gc']);
  const own = runs.strowger.microseconds;
  const batched = runs.batched.microseconds;
  return [
    title,
    '',
    'INVITE, 180, 200, ACK, BYE, 200, with Record-Route. Kamailio: `-x tlsf -X tlsf`, two workers. CPU',
    'of all threads, user and system. Batched: on datagram-batch. `dgram`: the same datagrams sent on',
    'unread, which is what is left to a proxy on `dgram` that does nothing.',
    '',
    ...table(
      ['', 'CPU µs per call', 'failed', 'sipp retransmitted'],
      names.map((name) => {
        const { microseconds, failed, retransmissions } = runs[name];
        return [name, fixed(microseconds), failed, retransmissions];
      }),
    ),
    ...targets([
      ['CPU per call, times kamailio', own / runs.kamailio?.microseconds, 1.25, 'at most'],
      ['the same, batched', batched / runs.kamailio?.microseconds, 1.25, 'at most'],
      ['CPU per call, times npm `sip` answering', own / answering.sip.microseconds, 0.5, 'at most'],
      ['the same, batched', batched / answering.sip.microseconds, 0.5, 'at most'],
      ['timers of transactions, ms late at the 99.9th percentile', late.p999, 20, 'at most'],
      ['the same, batched', lateBatched.p999, 20, 'at most'],
      ['heap of a call whose transactions linger, bytes', heap, 6000, 'at most'],
    ]),
    `${late.timers} timers of transactions fired under that load, ${fixed(late.max)} ms late at most.`,
    '',
  ];
}
