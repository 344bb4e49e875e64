import type { Invariant } from './simulation-invariants.ts';

interface Numbered {
  cseq: number;
  method: string;
}

/**
 * In a dialog each new request has the next CSeq number; repeated ones keep theirs. A process that dies
 * may have taken one, and saved that, for a request that never left.
 */
export const cseqRisesByOne: Invariant = {
  name: 'CSeq rises by one',
  section: 'RFC 3261 §12.2.1.1',
  watch(report) {
    const last = new Map<string, Numbered>();
    const known = new Set<string>();
    const restored = new Set<string>();
    return {
      see(seen) {
        if (seen.type === 'told' && seen.what === 'gone') {
          for (const key of last.keys()) if (key.startsWith(`${seen.host} `)) restored.add(key);
        }
        if (seen.type !== 'sent' || seen.kind !== 'request') return;
        const { host, callId, fromTag, toTag, method, cseq } = seen;
        if (method === 'ACK' || method === 'CANCEL') return;
        const call = `${host} ${callId} ${fromTag}`;
        const key = toTag === '' ? call : `${call} ${toTag}`;
        const name = `${key} ${cseq} ${method}`;
        if (known.has(name)) return; // a retransmission, or another hop
        known.add(name);
        // a fork's dialog begins with the number of the INVITE that made it
        const before = last.get(key) ?? (toTag === '' ? undefined : last.get(call));
        const hasGap = restored.delete(key) && cseq > (before?.cseq ?? 0);
        if (before !== undefined && cseq !== before.cseq + 1 && !hasGap) {
          report(`${key}: ${method} ${cseq} follows ${before.method} ${before.cseq}`);
        }
        last.set(key, { cseq, method });
      },
    };
  },
};

/** The route set of a confirmed dialog never changes: target refreshes leave it alone. */
export const routeSetIsFixed: Invariant = {
  name: 'route set is fixed',
  section: 'RFC 3261 §12.2',
  watch(report) {
    const confirmed = new Map<string, string | undefined>();
    const invites = new Set<string>();
    return {
      see(seen) {
        if (seen.type === 'told' || seen.kind !== 'request') return;
        const [branch = ''] = seen.transaction.split('|');
        if (seen.method === 'INVITE') invites.add(branch);
        // the ACK to a refusal belongs to the INVITE and confirms nothing (RFC 3261 §17.1.1.3)
        if (seen.toTag === '' || (seen.method === 'ACK' && invites.has(branch))) return;
        const { host, callId, fromTag, toTag, method, route } = seen;
        const isSent = seen.type === 'sent';
        const [ours, theirs] = isSent ? [fromTag, toTag] : [toTag, fromTag];
        const key = `${host} ${callId} ${ours} ${theirs}`;
        if (method === 'ACK' && !confirmed.has(key)) confirmed.set(key, undefined);
        if (!isSent || !confirmed.has(key) || method === 'CANCEL') return;
        const known = confirmed.get(key);
        if (known === undefined) confirmed.set(key, route);
        else if (known !== route) report(`${key}: route set '${known}' became '${route}'`);
      },
    };
  },
};
