import { callIdOf, type Ledger, type Leg } from './ledger.ts';
import type { CallPlan, WorldPlan } from './plan.ts';
import { profileOf } from './profiles.ts';

/** How the calls of one world went. */
export interface Verdict {
  /** Calls that went as their users meant it. */
  asMeant: number;
  /** Calls that the network was too bad for, and of which both ends were told so. */
  unlucky: number;
  /** Calls that another process went on with. */
  restored: number;
  /** What must not be. */
  readonly wrong: string[];
}

/** 504: no PRACK came to a reliable provisional response (RFC 3262 §3). */
const UNLUCKY = /timeout|transport|408|503|500|504|notRefreshed/;
/** Of the shortest session, 90 s, 15 s are left for its refresh: five copies of the UPDATE. */
const TOO_SHORT = /notRefreshed/;
/** The peer does not know the dialog: it has just hung up, or was restarted. */
const LOST = /dialogLost|refused/;
const HUNG_UP = /^(?:bye|hungUp|cancelled)$/;

/** Compares what both ends of every call were told. */
export function judge(plan: WorldPlan, ledger: Ledger): Verdict {
  const { harm } = profileOf(plan.profile);
  const verdict: Verdict = { asMeant: 0, unlucky: 0, restored: 0, wrong: [] };
  for (const call of plan.calls) {
    const legs = ledger.legs.get(callIdOf(call.id)) ?? [];
    if (legs.some(({ restored }) => restored > 0)) verdict.restored++;
    if (legs.some(({ isLost }) => isLost)) continue;
    const wrong = contradiction(call, legs);
    const misfortune = unlucky(legs) ?? unheard(call, legs);
    if (wrong !== undefined && (harm !== 'anything' || misfortune === undefined)) {
      verdict.wrong.push(`call ${call.id}: ${wrong}`);
    } else if (misfortune === undefined) verdict.asMeant++;
    else if (harm === 'nothing' && !TOO_SHORT.test(misfortune)) {
      verdict.wrong.push(`call ${call.id}: ${misfortune}`);
    } else verdict.unlucky++;
  }
  return verdict;
}

/** Somebody was told that the network, not a person, ended it. */
function unlucky(legs: readonly Leg[]): string | undefined {
  const hungUp = legs.some(
    ({ ends, wasCancelled }) => wasCancelled || ends.some((end) => HUNG_UP.test(end)),
  );
  for (const { host, outcome = '', ends, hadNoAck } of legs) {
    const what = [outcome, ...ends].find((one) => UNLUCKY.test(one) || (!hungUp && LOST.test(one)));
    if (what !== undefined) return `${host} was told: ${what}`;
    if (hadNoAck || ends.includes('noAck')) return `${host} got no ACK`;
  }
  return undefined;
}

/** Sessions call it cancelled whatever the last answer was; a user of dialogs is told the answer. */
function unheard(call: CallPlan, legs: readonly Leg[]): string | undefined {
  const { outcome } = legs.find(({ side }) => side === 'caller') ?? {};
  const isRefused = legs.some(({ decision = '' }) => decision.startsWith('rejected'));
  if (outcome !== 'failed cancelled' || !isRefused || !call.caller.startsWith('u'))
    return undefined;
  return `${call.caller} never heard the refusal`;
}

/** It hung up what it had accepted, before its 200 could leave: that waited for a PRACK (RFC 3262 §3). */
function isWithdrawn({ decision, ends }: Leg): boolean {
  return decision === 'accepted' && ends.some((end) => HUNG_UP.test(end));
}

/** What the two ends say does not fit together. */
function contradiction(call: CallPlan, legs: readonly Leg[]): string | undefined {
  const caller = legs.find(({ side }) => side === 'caller');
  const callees = legs.filter(({ side }) => side === 'callee');
  if (caller?.outcome === undefined) return `${call.caller} never learned what became of it`;
  const { outcome } = caller;
  const doubled = legs.find(({ ends }) => ends.length > call.callees.length);
  if (doubled !== undefined) return `${doubled.host} was told ${doubled.ends.length} ends`;
  const isAccepted = callees.some(({ decision }) => decision === 'accepted');
  if (outcome === 'accepted') {
    if (!isAccepted) return `${call.caller} was accepted by nobody`;
    if (caller.ends.length === 0) return `${call.caller} was not told the end`;
    return undefined;
  }
  if (outcome === 'rejected 480' && callees.some(isWithdrawn)) return undefined;
  if (outcome.startsWith('rejected')) {
    const expected = callees.some(
      ({ decision = '' }) =>
        decision === outcome || (decision === 'cancelled' && outcome === 'rejected 487'),
    );
    const isUnlucky = UNLUCKY.test(outcome);
    if (!expected && !isUnlucky && !caller.wasCancelled)
      return `${call.caller}: ${outcome}, but nobody did`;
    if (isAccepted && !caller.wasCancelled && callees.length === 1) {
      return `${outcome}, but ${callees[0]?.host} accepted`;
    }
    return undefined;
  }
  if (outcome === 'failed cancelled' && !caller.wasCancelled) return 'cancelled by nobody';
  return undefined;
}
