import type { Invariant } from './simulation-invariants.ts';

interface Offers {
  /** CSeq of our INVITE without a final answer. */
  ours: number | undefined;
  /** CSeq of the peer's. */
  theirs: number | undefined;
  /** The highest CSeq of our INVITEs, and of theirs: what is not above it is a retransmission. */
  last: number;
  lastTheirs: number;
}

/** Two INVITEs of one dialog are never under way and both accepted (glare, RFC 3261 §14). */
export const oneOfferAtATime: Invariant = {
  name: 'one offer at a time',
  section: 'RFC 3264 §4, RFC 3261 §14',
  watch(report) {
    const dialogs = new Map<string, Offers>();
    return {
      see(seen) {
        if (seen.type === 'told' && seen.what === 'gone') {
          // what was under way comes to nothing
          for (const [key, offers] of dialogs) {
            if (!key.startsWith(`${seen.host} `)) continue;
            Object.assign(offers, { ours: undefined, theirs: undefined });
          }
        }
        if (seen.type === 'told' && seen.what === 'outcome') {
          // timed out, or could not be sent: nothing of it is under way any more
          for (const [key, offers] of dialogs) {
            if (key.startsWith(`${seen.host} ${seen.callId} `)) offers.ours = undefined;
          }
        }
        if (seen.type === 'told' || seen.method !== 'INVITE' || seen.toTag === '') return;
        const { host, callId, fromTag, toTag, cseq, status } = seen;
        const isOurs = (seen.type === 'sent') === (seen.kind === 'request');
        const tags = isOurs ? `${fromTag} ${toTag}` : `${toTag} ${fromTag}`;
        const key = `${host} ${callId} ${tags}`;
        const offers = dialogs.get(key) ?? {
          ours: undefined,
          theirs: undefined,
          last: -1,
          lastTheirs: -1,
        };
        dialogs.set(key, offers);
        if (seen.kind === 'request') {
          if (cseq <= (isOurs ? offers.last : offers.lastTheirs)) return;
          if (!isOurs) offers.lastTheirs = cseq;
          if (isOurs && offers.theirs !== undefined) {
            report(`${key}: INVITE ${cseq} while the peer's has no final answer`);
          }
          if (isOurs) offers.ours = offers.last = cseq;
          else if (offers.theirs === undefined) offers.theirs = cseq;
        } else if (status >= 200) {
          if (isOurs && offers.ours === cseq) offers.ours = undefined;
          if (!isOurs && offers.theirs === cseq) {
            if (status < 300 && offers.ours !== undefined) {
              report(`${key}: accepted INVITE ${cseq} with one of its own under way`);
            }
            offers.theirs = undefined;
          }
        }
      },
    };
  },
};

interface Agreed {
  readonly host: string;
  readonly at: number;
  readonly pair: string;
}

/** Longer than any transaction: what was under way has arrived or was given up. */
const SETTLED_MS = 70_000;

/** How dialogs end that nobody answered. */
const UNANSWERED = new Set(['cancelled', 'rejected', 'otherForkAnswered']);

/** When a call has been at rest both ends hold the same pair of session descriptions. */
export const sameDescriptions: Invariant = {
  name: 'same session descriptions at both ends',
  section: 'RFC 3264 §8',
  watch(report) {
    const calls = new Map<string, Map<string, Agreed>>();
    const checked = new Set<string>();
    return {
      see(seen) {
        if (seen.type !== 'told') return;
        const { callId, host, at } = seen;
        if (seen.what === 'gone') {
          // what was under way is settled by its next negotiation
          for (const ends of calls.values()) ends.delete(host);
        } else if (seen.what === 'negotiated') {
          const ends = calls.get(callId) ?? new Map<string, Agreed>();
          calls.set(callId, ends.set(host, { host, at, pair: seen.detail }));
        } else if (seen.what === 'ended' && UNANSWERED.has(seen.detail)) {
          // one of several forks: nobody is at its other end any more
          calls.get(callId)?.delete(host);
        } else if (seen.what === 'ended' && !checked.has(callId)) {
          checked.add(callId);
          const ends = [...(calls.get(callId)?.values() ?? [])];
          const [one, other] = ends;
          if (one === undefined || other === undefined || ends.length !== 2) return;
          if (at - Math.max(one.at, other.at) < SETTLED_MS) return;
          if (one.pair !== other.pair) {
            report(`${callId}: ${one.host} has ${one.pair}, ${other.host} has ${other.pair}`);
          }
        }
      },
    };
  },
};
