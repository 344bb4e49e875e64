/** Why a call of a scenario failed. */
export type FailureKind =
  /** Something else came than the scenario says. */
  | 'unexpected'
  /** Nothing came in time. */
  | 'timeout'
  /** A message could not leave. */
  | 'transport'
  /** What came does not hold what the scenario demands of it. */
  | 'mismatch'
  /** The scenario itself failed: an exception, an endless loop, no credentials. */
  | 'script';

/** A call does not go as its scenario says. Scenarios may throw it themselves, as a `mismatch`. */
export class StepFailed extends Error {
  readonly kind: FailureKind;

  /** @param message what is counted together: no numbers that differ from call to call. */
  constructor(kind: FailureKind, message: string) {
    super(message);
    this.name = 'StepFailed';
    this.kind = kind;
  }

  /** What was thrown, as a failure. */
  static of(error: unknown): StepFailed {
    if (error instanceof StepFailed) return error;
    return new StepFailed('script', error instanceof Error ? error.message : String(error));
  }
}
