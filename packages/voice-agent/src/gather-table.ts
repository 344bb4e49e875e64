import { type StateTable, type Step, to } from '@strowger/runtime';

/** What was gathered. */
export type Gathered =
  /** Digits, without the key that ended them. `pause`: no further one came in time. */
  | { kind: 'digits'; digits: string; endedBy: 'key' | 'count' | 'pause' }
  /** The caller spoke, for so long, and has stopped, or spoke for too long. */
  | { kind: 'speech'; durationMs: number; endedBy: 'silence' | 'length' }
  /** Nothing came in time. */
  | { kind: 'nothing' };

/** What a gathering takes, and for how long. */
export interface GatherRules {
  /** How many digits are taken at most; 0: digits are not asked for. */
  readonly most: number;
  /** Keys that end the digits. */
  readonly endKeys: string;
  readonly speech: boolean;
  /** Whether digits and speech silence the prompt. */
  readonly bargeIn: boolean;
  readonly timeoutMs: number;
  readonly betweenDigitsMs: number;
  readonly longestSpeechMs: number;
}

/** How far it has come. */
export type GatherState =
  /** The prompt sounds, or is being made. */
  | { name: 'prompting' }
  | { name: 'waiting' }
  | { name: 'collecting'; digits: string }
  | { name: 'hearing' }
  | { name: 'done' };

/** What happens meanwhile. */
export type GatherInput =
  | { type: 'promptEnded' }
  | { type: 'digit'; digit: string }
  | { type: 'speechStarted' }
  | { type: 'speechEnded'; durationMs: number }
  | { type: 'timer' };

/** What follows. */
export type GatherOutput =
  | { type: 'silencePrompt' }
  | { type: 'arm'; delayMs: number }
  | { type: 'disarm' }
  | { type: 'finish'; gathered: Gathered };

type Move = Step<GatherState, GatherOutput>;

/** Digits or speech, whichever comes first, with or without a prompt that they cut off. */
export const gatherTable: StateTable<GatherState, GatherInput, GatherOutput, GatherRules> = {
  prompting: {
    promptEnded: (_, __, { timeoutMs }) =>
      to({ name: 'waiting' }, { type: 'arm', delayMs: timeoutMs }),
    digit: (state, { digit }, rules) => {
      return rules.bargeIn && rules.most > 0 ? silencing(take('', digit, rules)) : to(state);
    },
    speechStarted: (state, _, rules) => {
      return rules.bargeIn && rules.speech ? silencing(hear(rules)) : to(state);
    },
  },
  waiting: {
    digit: (state, { digit }, rules) => (rules.most === 0 ? to(state) : take('', digit, rules)),
    speechStarted: (state, _, rules) => (rules.speech ? hear(rules) : to(state)),
    timer: () => finish({ kind: 'nothing' }),
  },
  collecting: {
    digit: ({ digits }, { digit }, rules) => take(digits, digit, rules),
    timer: ({ digits }) => finish({ kind: 'digits', digits, endedBy: 'pause' }),
  },
  hearing: {
    digit: (state, { digit }, rules) => (rules.most === 0 ? to(state) : take('', digit, rules)),
    speechEnded: (_, { durationMs }) => finish({ kind: 'speech', durationMs, endedBy: 'silence' }),
    timer: (_, __, { longestSpeechMs: durationMs }) =>
      finish({ kind: 'speech', durationMs, endedBy: 'length' }),
  },
  done: {},
};

function take(before: string, digit: string, rules: GatherRules): Move {
  const { most, endKeys, betweenDigitsMs } = rules;
  if (endKeys.includes(digit)) return finish({ kind: 'digits', digits: before, endedBy: 'key' });
  const digits = `${before}${digit}`;
  if (digits.length === most) return finish({ kind: 'digits', digits, endedBy: 'count' });
  return to({ name: 'collecting', digits }, { type: 'arm', delayMs: betweenDigitsMs });
}

function hear({ longestSpeechMs }: GatherRules): Move {
  return to({ name: 'hearing' }, { type: 'arm', delayMs: longestSpeechMs });
}

function silencing({ next, outputs }: Move): Move {
  return to(next, { type: 'silencePrompt' }, ...outputs);
}

function finish(gathered: Gathered): Move {
  return to({ name: 'done' }, { type: 'disarm' }, { type: 'finish', gathered });
}
