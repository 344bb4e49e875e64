import type { Invariant } from './simulation-invariants.ts';

/** Every request but ACK gets a final response from whoever received it and lives. */
export const everyRequestAnswered: Invariant = {
  name: 'every request answered',
  section: 'RFC 3261 §8.2, §17.2',
  watch(report) {
    const open = new Map<string, string>();
    return {
      see(seen) {
        if (seen.type === 'told') {
          if (seen.what === 'gone') forget(open, seen.host);
          return;
        }
        const key = `${seen.host} ${seen.transaction}`;
        if (seen.type === 'arrived' && seen.kind === 'request' && seen.method !== 'ACK') {
          if (!open.has(key)) open.set(key, `${seen.host} ${seen.callId}: ${seen.method}`);
        } else if (seen.type === 'sent' && seen.status >= 200) open.set(key, '');
      },
      end() {
        for (const what of open.values()) {
          if (what !== '') report(`${what} was not answered`);
        }
      },
    };
  },
};

/** What a host has in mind is gone with its memory; what comes later counts as before. */
export function forget(notes: Map<string, unknown>, host: string): void {
  for (const key of notes.keys()) if (key.startsWith(`${host} `)) notes.delete(key);
}

interface Moment {
  at: number;
  /** Copies of the request, wherever from: behind a NAT they may come from several places. */
  arrived: number;
  /** Final responses to each place. */
  readonly sent: Map<string, number>;
}

/** A final response leaves once, and once more for each copy of its request and for a timer. */
export const noResponseTwice: Invariant = {
  name: 'no response sent twice',
  section: 'RFC 3261 §17.2',
  watch(report) {
    const moments = new Map<string, Moment>();
    return {
      see(seen) {
        if (seen.type === 'told') return;
        const isRequest = seen.type === 'arrived' && seen.kind === 'request';
        const isFinal = seen.type === 'sent' && seen.status >= 200;
        if (!isRequest && !isFinal) return;
        const key = `${seen.host} ${seen.transaction}`;
        const known = moments.get(key);
        const isNow = known?.at === seen.at;
        const moment: Moment = isNow ? known : { at: seen.at, arrived: 0, sent: new Map() };
        moments.set(key, moment);
        if (isRequest) {
          moment.arrived++;
          return;
        }
        const sent = (moment.sent.get(seen.peer) ?? 0) + 1;
        moment.sent.set(seen.peer, sent);
        if (sent > 1 + moment.arrived) {
          report(`${key} ${seen.peer}: ${seen.status} left twice at once`);
        }
      },
    };
  },
};
