import type { Invariant } from './simulation-invariants.ts';
import { forget } from './simulation-invariants-answer.ts';

/** Whatever a user asks for has exactly one outcome: an INVITE, a request, a promise. */
export const oneOutcomeEach: Invariant = {
  name: 'one outcome each',
  section: 'RFC 3261 §17.1',
  watch(report) {
    const open = new Map<string, number>();
    return {
      see(seen) {
        if (seen.type !== 'told') return;
        // nobody is left to be told what becomes of it
        if (seen.what === 'gone') forget(open, seen.host);
        const key = `${seen.host} ${seen.key}`;
        const outcomes = open.get(key);
        if (seen.what === 'asked') {
          if (outcomes !== undefined) report(`${key} was asked for twice`);
          open.set(key, 0);
        } else if (seen.what === 'outcome') {
          if (outcomes !== 0) report(`${key} has a further outcome: ${seen.detail}`);
          open.set(key, 1);
        }
      },
      end() {
        for (const [key, outcomes] of open) {
          if (outcomes === 0) report(`${key} has no outcome`);
        }
      },
    };
  },
};

/**
 * What still leaves in a dialog whose session is over for its owner: that of the session itself, and
 * of the subscriptions that share the dialog and outlive its BYE (RFC 5057 §4.2, RFC 3515 §2.4.4).
 */
const LAST_WORDS = new Set(['ACK', 'BYE', 'CANCEL', 'NOTIFY', 'SUBSCRIBE']);

/** A user hears nothing of a dialog after its end, and nothing new is sent in it. */
export const nothingAfterTheEnd: Invariant = {
  name: 'nothing after the end',
  section: 'RFC 3261 §15',
  watch(report) {
    const ended = new Set<string>();
    const transactions = new Set<string>();
    return {
      see(seen) {
        if (seen.type === 'told') {
          const key = `${seen.host} ${seen.key}`;
          if (seen.what === 'ended') {
            if (ended.has(key)) report(`${key} ended again: ${seen.detail}`);
            ended.add(key);
          } else if (seen.what === 'heard' && ended.has(key)) {
            report(`${key} was told ${seen.detail} after its end`);
          }
          return;
        }
        if (seen.type !== 'sent' || seen.kind !== 'request' || seen.toTag === '') return;
        if (LAST_WORDS.has(seen.method)) return;
        const { host, callId, fromTag, toTag, method, transaction } = seen;
        const isNew = !transactions.has(transaction);
        transactions.add(transaction);
        const key = `${host} ${callId} ${fromTag} ${toTag}`;
        if (isNew && ended.has(key)) report(`${key}: ${method} was sent after the end`);
      },
    };
  },
};
