/** What an arrow gives: the state that follows and the outputs to carry out, in order. */
export interface Step<S, O> {
  readonly next: S;
  readonly outputs: readonly O[];
}

/** An arrow out of the state `From`: pure, total, synchronous. */
export type Arrow<S, I, O, C, From = S> = (state: From, input: I, context: C) => Step<S, O>;

/**
 * A state machine as data: for every state's name, the inputs that it takes. A missing row means
 * that the input is not allowed there.
 */
export type StateTable<S extends { name: string }, I extends { type: string }, O, C = undefined> = {
  readonly [Name in S['name']]: {
    readonly [Type in I['type']]?: Arrow<
      S,
      Extract<I, { type: Type }>,
      O,
      C,
      Extract<S, { name: Name }>
    >;
  };
};

/** Builds a step. */
export function to<S, O>(next: S, ...outputs: O[]): Step<S, O> {
  return { next, outputs };
}

/** Asks the table; `undefined` where it has no row. */
export function step<S extends { name: string }, I extends { type: string }, O, C>(
  table: StateTable<S, I, O, C>,
  state: S,
  input: I,
  context: C,
): Step<S, O> | undefined {
  const row: { [type: string]: unknown } = table[state.name as S['name']];
  // the table's type ties each row to its own state and input; the pair just looked up fits it
  const arrow = row[input.type] as Arrow<S, I, O, C> | undefined;
  return arrow?.(state, input, context);
}

/** The rows of a table as `[state, input]` pairs: for diagrams and for coverage of tests. */
export function rowsOf(table: object): [state: string, input: string][] {
  return Object.entries(table).flatMap(([state, row]) =>
    Object.keys(row as object).map((input): [string, string] => [state, input]),
  );
}

/** What a `Machine` is made of. */
export interface MachineOptions<S extends { name: string }, I extends { type: string }, O, C> {
  table: StateTable<S, I, O, C>;
  initial: S;
  context: C;
  /** Carries out one output. Inputs that it causes wait until the step is finished. */
  perform(output: O): void;
  /** Told after every step: for logs, diagrams and row coverage. */
  onStep?(from: S, input: I, next: S): void;
}

/**
 * The shell of a table: holds the state, commits it before the outputs are carried out, and runs
 * every step to its end before the next input is looked at.
 */
export class Machine<S extends { name: string }, I extends { type: string }, O, C = undefined> {
  private readonly options: MachineOptions<S, I, O, C>;
  /** Made when it is first needed: most machines never wait, and there may be many. */
  private waiting: I[] | undefined = undefined;
  private current: S;
  private busy = false;

  constructor(options: MachineOptions<S, I, O, C>) {
    this.options = options;
    this.current = options.initial;
  }

  get state(): S {
    return this.current;
  }

  /** Whether the present state has a row for this input. */
  allows(type: I['type']): boolean {
    return type in this.options.table[this.current.name as S['name']];
  }

  /** Takes an input: `refused` where the table has no row, `queued` from within a step. */
  input(input: I): 'taken' | 'refused' | 'queued' {
    if (this.busy) {
      this.waiting ??= [];
      this.waiting.push(input);
      return 'queued';
    }
    this.busy = true;
    try {
      const taken = this.run(input);
      for (let next = this.waiting?.shift(); next !== undefined; next = this.waiting?.shift()) {
        this.run(next);
      }
      this.waiting = undefined; // an empty list keeps its room
      return taken ? 'taken' : 'refused';
    } finally {
      this.busy = false;
    }
  }

  private run(input: I): boolean {
    const from = this.current;
    const taken = step(this.options.table, from, input, this.options.context);
    if (taken === undefined) return false;
    this.current = taken.next;
    for (const output of taken.outputs) this.options.perform(output);
    this.options.onStep?.(from, input, taken.next);
    return true;
  }
}
