/** Something in a scenario that is not understood, or makes no sense. */
export interface Problem {
  readonly line: number;
  readonly text: string;
}

/** A scenario that cannot be played, with everything that is wrong with it, by line. */
export class ScenarioError extends Error {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const sorted = problems.toSorted((one, other) => one.line - other.line);
    super(sorted.map(({ line, text }) => `${file}:${line}: ${text}`).join('\n'));
    this.name = 'ScenarioError';
    this.problems = sorted;
  }
}
