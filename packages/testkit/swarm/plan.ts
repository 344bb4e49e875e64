import { Chance } from './chance.ts';
import { type FaultKind, type ProfileName, profileOf } from './profiles.ts';

export type Verb =
  | 'ring'
  | 'earlyMedia'
  | 'answer'
  | 'reject'
  | 'busyEverywhere'
  | 'cancel'
  | 'earlyBye'
  | 'bye'
  | 'reinvite'
  | 'lateReinvite'
  | 'hold'
  | 'resume'
  | 'withdraw'
  | 'info'
  | 'options'
  | 'update'
  | 'earlyUpdate'
  | 'refer'
  | 'ping';

/** What one side of a call does, and when, in milliseconds after the call began. */
export interface Act {
  readonly at: number;
  readonly side: 'caller' | 'callee';
  readonly verb: Verb;
}

export interface CallPlan {
  readonly id: number;
  readonly at: number;
  readonly caller: string;
  /** More than one: the proxy forks. */
  readonly callees: readonly string[];
  readonly via: 'direct' | 'proxy';
  readonly transport: 'udp' | 'tcp';
  readonly isLateOffer: boolean;
  readonly acts: readonly Act[];
}

export interface FaultPlan {
  readonly at: number;
  readonly kind: FaultKind;
  readonly host: string;
  readonly durationMs: number;
}

/** Everything that happens in one simulated network: plain data, so that it can be made smaller. */
export interface WorldPlan {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly calls: readonly CallPlan[];
  readonly faults: readonly FaultPlan[];
  /** Only these datagrams meet a fault of their link; all that the seed says where absent. */
  readonly datagramFaults?: readonly string[] | undefined;
}

/** Users of dialogs, and users of sessions. */
export const DIALOG_USERS = ['u0', 'u1', 'u2', 'u3', 'u4', 'u5'] as const;
export const SESSION_USERS = ['s0', 's1', 's2'] as const;
/** Behind the NAT of the profiles that have one: they call and are not called. */
export const NATTED_USERS: readonly string[] = ['u4', 'u5', 's2'];
const ALL: readonly [string, ...string[]] = [...DIALOG_USERS, ...SESSION_USERS];

/** Long after a call is over both sides make sure of it. */
export const CLEAN_UP_AT_MS = 150_000;

/** The calls begin within this time. */
const SPAN_MS = 60_000;

/** Draws up what happens. */
export function planWorld(seed: number, profile: ProfileName, calls: number): WorldPlan {
  const chance = new Chance(seed);
  const { faults } = profileOf(profile);
  return {
    seed,
    profile,
    calls: Array.from({ length: calls }, (_, id) => planCall(chance, profile, id)),
    faults: faults.map((kind) => ({
      at: chance.below(SPAN_MS),
      kind,
      host: chance.pick(ALL),
      durationMs: chance.pick([500, 3000, 40_000]),
    })),
  };
}

function planCall(chance: Chance, profile: ProfileName, id: number): CallPlan {
  const { isNatted = false, transports } = profileOf(profile);
  const caller = chance.pick(ALL);
  const isForked = !isNatted && chance.is(0.08);
  const callees = new Set<string>();
  while (callees.size < (isForked ? 2 : 1)) {
    const callee = chance.pick(ALL);
    if (callee !== caller && !(isNatted && NATTED_USERS.includes(callee))) callees.add(callee);
  }
  const transport = chance.pick(transports);
  const isProxied = isForked || (!isNatted && transport === 'udp' && chance.is(0.15));
  return {
    id,
    at: chance.below(SPAN_MS),
    caller,
    callees: [...callees],
    via: isProxied ? 'proxy' : 'direct',
    transport,
    isLateOffer: chance.is(0.12),
    acts: planActs(chance),
  };
}

/** How the call begins, goes on, and ends; then, long after, both make sure that it is over. */
function planActs(chance: Chance): Act[] {
  const acts: Act[] = [];
  const add = (at: number, side: Act['side'], verb: Verb): void => {
    acts.push({ at: Math.floor(at), side, verb });
  };
  const answerAt = chance.pick([0, 30, 300, 1200, 3000]) + chance.below(60);
  if (chance.is(0.6)) add(answerAt * chance.float(), 'callee', 'ring');
  if (chance.is(0.1)) add(answerAt * chance.float(), 'callee', 'earlyMedia');
  if (chance.is(0.05)) {
    const side = chance.is(0.5) ? 'caller' : 'callee';
    add(answerAt * chance.float(), 'callee', 'earlyMedia');
    add(answerAt - chance.below(200), side, 'earlyUpdate');
  }
  if (chance.is(0.08)) add(answerAt + chance.below(400) - 200, 'caller', 'cancel');
  if (chance.is(0.02)) add(answerAt - chance.below(100), 'caller', 'earlyBye');
  if (chance.is(0.05)) add(chance.below(2000), 'caller', 'ping');
  const talkMs = planTalk(chance, answerAt, add);
  const ender = chance.is(0.5) ? 'caller' : 'callee';
  const endAt = answerAt + talkMs;
  add(endAt, ender, 'bye');
  if (chance.is(0.1))
    add(endAt + chance.below(30), ender === 'caller' ? 'callee' : 'caller', 'bye');
  add(CLEAN_UP_AT_MS, 'caller', 'cancel');
  add(CLEAN_UP_AT_MS, 'caller', 'bye');
  add(CLEAN_UP_AT_MS + 50_000, 'callee', 'reject');
  add(CLEAN_UP_AT_MS + 50_000, 'callee', 'bye');
  return acts.map((act) => ({ ...act, at: Math.max(0, act.at) })).toSorted((a, b) => a.at - b.at);
}

function planTalk(
  chance: Chance,
  answerAt: number,
  add: (at: number, side: Act['side'], verb: Verb) => void,
): number {
  const fate = chance.float();
  if (fate < 0.08) add(answerAt, 'callee', 'reject');
  else if (fate < 0.1) add(answerAt, 'callee', 'busyEverywhere');
  else if (fate < 0.97) add(answerAt, 'callee', 'answer');
  const talkMs = chance.is(0.12) ? 90_000 : chance.pick([100, 800, 3000, 8000]);
  const changes = chance.is(0.4) ? 1 + chance.below(4) : 0;
  for (let change = 0; change < changes; change++) {
    const verb = chance.pick<Verb>([
      'reinvite',
      'reinvite',
      'lateReinvite',
      'hold',
      'resume',
      'info',
      'info',
      'options',
      'update',
      'update',
      'withdraw',
      'refer',
    ]);
    const at = answerAt + chance.float() * Math.min(talkMs, 8000);
    add(at, chance.is(0.5) ? 'caller' : 'callee', verb);
    // both at once: glare
    if (chance.is(0.2)) for (const side of ['caller', 'callee'] as const) add(at + 3, side, verb);
  }
  return talkMs;
}
