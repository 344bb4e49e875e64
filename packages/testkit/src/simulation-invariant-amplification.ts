import type { Invariant } from './simulation-invariants.ts';

interface Source {
  in: number;
  out: number;
}

/** What a status line and our own fields may add to the first answer. */
const HEADROOM_BYTES = 512;

/**
 * To an address from which only single non-INVITE requests and nonsense came, no more is sent than
 * a response to each: nobody is a lever against a forged source (RFC 3261 §26.1.5).
 */
export const noAmplification: Invariant = {
  name: 'no amplification towards strangers',
  section: 'RFC 3261 §26.1.5',
  watch(report) {
    const sources = new Map<string, Source>();
    const invited = new Set<string>();
    return {
      see(seen) {
        if (seen.type === 'told') return;
        const key = `${seen.host} ${seen.peer}`;
        const isRequest = seen.kind === 'request';
        // who is in a call, or whom we asked ourselves, is no stranger
        if (seen.method === 'INVITE' || (isRequest && seen.type === 'sent')) invited.add(key);
        if (invited.has(key)) {
          sources.delete(key);
          return;
        }
        const source = sources.get(key) ?? { in: 0, out: 0 };
        sources.set(key, source);
        if (seen.type === 'arrived') source.in += seen.bytes.length + HEADROOM_BYTES;
        else source.out += seen.bytes.length;
        if (source.out > source.in) report(`${key}: ${source.out} bytes out, ${source.in} in`);
      },
    };
  },
};
