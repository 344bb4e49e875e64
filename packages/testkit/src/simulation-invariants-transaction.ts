import type { Invariant } from './simulation-invariants.ts';
import { forget } from './simulation-invariants-answer.ts';
import { isSameBytes, type Told } from './simulation-observation.ts';

/** The final answer of a server transaction is one, and every copy of it the same to the byte. */
export const sameAnswerToRetransmissions: Invariant = {
  name: 'same answer to retransmissions',
  section: 'RFC 3261 §17.2',
  watch(report) {
    const finals = new Map<string, Uint8Array>();
    const gone = new Map<string, number>();
    return {
      see(seen) {
        if (seen.type === 'told' && seen.what === 'gone') {
          gone.set(seen.host, (gone.get(seen.host) ?? 0) + 1);
        }
        if (seen.type !== 'sent' || seen.kind !== 'response') return;
        // a process that lost its memory answers anew
        const key = `${seen.host}/${gone.get(seen.host) ?? 0}|${seen.transaction}|${seen.peer}`;
        const known = finals.get(key);
        if (seen.status < 200) {
          if (known !== undefined) report(`${key}: ${seen.status} after the final answer`);
        } else if (known === undefined) finals.set(key, seen.bytes);
        else if (!isSameBytes(known, seen.bytes)) {
          report(`${key}: two different final answers, the second is ${seen.status}`);
        }
      },
    };
  },
};

interface Awaited {
  /** When the first 2xx of this INVITE came, of any fork. */
  at: number;
  /** Until when the client transaction waits for one (timer B, RFC 3261 §9.1). */
  until: number;
  isGivenUp: boolean;
}

function giveUp(awaited: Awaited, at: number): void {
  Object.assign(awaited, { until: Math.min(awaited.until, at + WINDOW_MS), isGivenUp: true });
}

interface Success {
  acks: number;
  /** 2xx that came once an ACK had been sent: each wants another. */
  further: number;
}

/** As long as the client transaction hands 2xx on (timer M, RFC 6026 §7.2). */
const WINDOW_MS = 32_000;

/** Every 2xx to an INVITE is acknowledged: late ones, forked ones, and every copy. */
export const everySuccessAcknowledged: Invariant = {
  name: 'every 2xx acknowledged',
  section: 'RFC 3261 §13.2.2.4',
  watch(report) {
    const invites = new Map<string, Awaited>();
    const successes = new Map<string, Success>();
    return {
      see(seen) {
        if (seen.type === 'told') {
          if (seen.what === 'gone')
            for (const notes of [invites, successes]) forget(notes, seen.host);
          if (seen.what === 'ended') {
            const call = `${seen.host} ${seen.callId} `;
            for (const [key, one] of invites) if (key.startsWith(call)) giveUp(one, seen.at);
          }
          return;
        }
        const invite = `${seen.host} ${seen.callId} ${seen.fromTag} ${seen.cseq}`;
        const awaited = invites.get(invite);
        if (seen.type === 'sent' && seen.kind === 'request') {
          const success = successes.get(`${invite} ${seen.toTag}`);
          if (seen.method === 'INVITE' && awaited === undefined) {
            const until = seen.at + WINDOW_MS;
            invites.set(invite, { at: Number.POSITIVE_INFINITY, until, isGivenUp: false });
          } else if (seen.method === 'CANCEL' && awaited !== undefined) {
            giveUp(awaited, seen.at);
          } else if (seen.method === 'ACK' && success !== undefined) success.acks++;
          return;
        }
        const isSuccess = seen.status >= 200 && seen.status < 300 && seen.method === 'INVITE';
        if (seen.type !== 'arrived' || awaited === undefined) return; // nobody asked
        if (seen.status < 200 && seen.status > 0 && !awaited.isGivenUp) {
          awaited.until = Number.POSITIVE_INFINITY;
        }
        // a process that goes on for another one repeats its 2xx when nobody waits any more
        const isFirst = awaited.at === Number.POSITIVE_INFINITY;
        const until = isFirst ? awaited.until : awaited.at + WINDOW_MS;
        if (!isSuccess || seen.at >= until) return;
        if (isFirst) awaited.at = seen.at;
        const key = `${invite} ${seen.toTag}`;
        const known = successes.get(key);
        if (known === undefined) successes.set(key, { acks: 0, further: 0 });
        else if (known.acks > 0) known.further++;
      },
      end() {
        for (const [key, { acks, further }] of successes) {
          if (acks === 0) report(`${key}: a 2xx without an ACK`);
          else if (acks < 1 + further) report(`${key}: ${acks} ACKs to ${1 + further} 2xx`);
        }
      },
    };
  },
};

interface Invited {
  /** Until when the client transaction waits for a final response (timer B, RFC 3261 §9.1). */
  until: number;
  isCancelled: boolean;
  readonly call: string;
}

interface Refused {
  readonly firstAt: number;
  wanted: number;
  acks: number;
}

/** Every refusal of an INVITE, and over UDP every copy of it, is acknowledged at once. */
export const everyRefusalAcknowledged: Invariant = {
  name: 'every refusal acknowledged',
  section: 'RFC 3261 §17.1.1.3',
  watch(report) {
    const invites = new Map<string, Invited>();
    const refused = new Map<string, Refused>();
    return {
      see(seen) {
        if (seen.type === 'told') {
          if (seen.what === 'gone')
            for (const notes of [invites, refused]) forget(notes, seen.host);
          // a re-INVITE whose dialog is over is waited for 64*T1 and no longer
          if (seen.what === 'ended') giveUpAll(invites, seen);
          return;
        }
        if (!['INVITE', 'ACK', 'CANCEL'].includes(seen.method)) return;
        const [branch = '', sentBy = ''] = seen.transaction.split('|');
        const key = `${seen.host} ${branch} ${sentBy}`;
        const known = refused.get(key);
        const invite = invites.get(key);
        const isAlive = invite !== undefined && seen.at < invite.until;
        if (seen.type === 'sent' && seen.kind === 'request') {
          if (seen.method === 'ACK' && known !== undefined) known.acks++;
          else if (invite === undefined) {
            const call = `${seen.host} ${seen.callId}`;
            invites.set(key, { until: seen.at + WINDOW_MS, isCancelled: false, call });
          } else if (seen.method === 'CANCEL' && !invite.isCancelled) {
            Object.assign(invite, { until: seen.at + WINDOW_MS, isCancelled: true });
          }
        } else if (seen.type !== 'arrived' || seen.method !== 'INVITE' || !isAlive) return;
        else if (seen.status >= 100 && seen.status < 200) {
          if (!invite.isCancelled) invite.until = Number.POSITIVE_INFINITY;
        } else if (seen.status >= 300) {
          if (known === undefined) refused.set(key, { firstAt: seen.at, wanted: 1, acks: 0 });
          else if (!seen.isReliable && seen.at < known.firstAt + WINDOW_MS) known.wanted++;
        }
      },
      end() {
        for (const [key, { wanted, acks }] of refused) {
          if (acks < wanted) report(`${key}: ${acks} ACKs to ${wanted} refusals`);
        }
      },
    };
  },
};

function giveUpAll(invites: Map<string, Invited>, { host, callId, at }: Told): void {
  for (const invite of invites.values()) {
    if (invite.call !== `${host} ${callId}`) continue;
    Object.assign(invite, { until: Math.min(invite.until, at + WINDOW_MS), isCancelled: true });
  }
}

/** Nobody answers an ACK, nobody challenges a CANCEL. */
export const noResponseToAck: Invariant = {
  name: 'no response to ACK, no challenge to CANCEL',
  section: 'RFC 3261 §17, §22.1',
  watch(report) {
    // what was tampered with may call itself something else, and ACK in its CSeq alone
    const others = new Set<string>();
    return {
      see(seen) {
        if (seen.type === 'told') return;
        const { host, callId, status, method } = seen;
        const key = `${host} ${seen.transaction}`;
        if (seen.type === 'arrived' && seen.kind === 'request') {
          if (method !== 'ACK' && key.endsWith('|ACK')) others.add(key);
          return;
        }
        if (seen.type !== 'sent' || seen.kind !== 'response') return;
        if (method === 'ACK' && !others.has(key)) {
          report(`${host} ${callId}: an ACK was answered with ${status}`);
        }
        if (method === 'CANCEL' && seen.hasChallenge) {
          report(`${host} ${callId}: a CANCEL was challenged with ${status}`);
        }
      },
    };
  },
};
