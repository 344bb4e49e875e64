import type { Invariant } from './simulation-invariants.ts';

/** Requests that may come too late for what they mean, in a dialog that lives. */
const LATE = new Set(['CANCEL', 'PRACK']);

/** A dialog that was saved goes on, whatever becomes of its process, until its user hears its end. */
export const savedDialogsGoOn: Invariant = {
  name: 'saved dialogs go on',
  section: 'RFC 3261 §12',
  watch(report) {
    const live = new Set<string>();
    /** Requests that came before the 2xx which would have made their dialog. */
    const tooEarly = new Set<string>();
    /** Gone with a process: subscriptions in them are not saved (RFC 6665 §4.1.3). */
    const withoutSubscriptions = new Set<string>();
    return {
      see(seen) {
        if (seen.type === 'told') {
          if (seen.what === 'gone') {
            const { host } = seen;
            for (const key of live) if (key.startsWith(`${host} `)) withoutSubscriptions.add(key);
          }
          const key = `${seen.host} ${seen.key}`;
          if (seen.what === 'saved') live.add(key);
          if (seen.what === 'ended') live.delete(key);
          return;
        }
        const { host, callId, fromTag, toTag, method } = seen;
        const key = `${host} ${callId} ${toTag} ${fromTag}`;
        const transaction = `${host} ${seen.transaction}`;
        if (seen.type === 'arrived' && seen.kind === 'request' && !live.has(key)) {
          tooEarly.add(transaction);
        }
        if (seen.type !== 'sent' || seen.status !== 481 || LATE.has(method)) return;
        if (method === 'NOTIFY' && withoutSubscriptions.has(key)) return;
        if (live.has(key) && !tooEarly.has(transaction))
          report(`${key}: ${method} got 481 in a dialog that lives`);
      },
      end() {
        for (const key of live) report(`${key} was saved and never ended`);
      },
    };
  },
};
