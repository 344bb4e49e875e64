/** How answers are gathered. */
export interface AnsweredOptions<T> {
  /** Whether a value is good enough to do without those that are still to come. */
  isUseful(value: T): boolean;
  /** Calls back after a while, unless what it gives is called before. */
  wait(over: () => void): () => void;
}

/**
 * The values of all questions that do not fail, in their order. Once one is useful the others have
 * a while left. Rejects when every one failed, with the first reason.
 */
export function answered<T>(
  questions: readonly Promise<T>[],
  { isUseful, wait }: AnsweredOptions<T>,
): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const values = new Map<number, T>();
    const reasons: unknown[] = [];
    let stopWaiting: (() => void) | undefined;
    const end = (): void => {
      stopWaiting?.();
      if (values.size === 0 && reasons.length > 0) reject(reasons[0]);
      else resolve(questions.flatMap((_, index) => valueAt(values, index)));
    };
    const settled = (): void => {
      if (values.size + reasons.length === questions.length) end();
      else if (stopWaiting === undefined && [...values.values()].some(isUseful)) {
        stopWaiting = wait(end);
      }
    };
    for (const [index, question] of questions.entries()) {
      void question
        .then((value) => values.set(index, value))
        .catch((reason: unknown) => reasons.push(reason))
        .then(settled);
    }
    if (questions.length === 0) end();
  });
}

/** As a list: a value may well be `undefined`. */
function valueAt<T>(values: ReadonlyMap<number, T>, index: number): T[] {
  // what the map has under an index is a value of its questions
  return values.has(index) ? [values.get(index) as T] : [];
}
