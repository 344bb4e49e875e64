/** Each class of values is 2 % wider than the one before. */
const STEP = Math.log(1.02);
const LEAST = 0.01;
/** The last class begins at about ten hours in milliseconds. */
const CLASSES = 1100;

/** How often values occurred, of 0.01 and more, to within 1 %, in constant space. */
export class Histogram {
  count = 0;
  private readonly classes = new Uint32Array(CLASSES);
  private largest = 0;

  /** Counts a value of 0 or more. */
  add(value: number): void {
    const index = value <= LEAST ? 0 : Math.ceil(Math.log(value / LEAST) / STEP);
    const at = Math.min(index, CLASSES - 1);
    this.classes[at] = (this.classes[at] ?? 0) + 1;
    this.largest = Math.max(this.largest, value);
    this.count++;
  }

  /** The value that this share (0 to 1) of all values does not exceed; 0 where there is none. */
  quantile(share: number): number {
    if (share >= 1) return this.largest;
    const wanted = Math.max(1, Math.ceil(share * this.count));
    let counted = 0;
    for (let index = 0; index < CLASSES; index++) {
      counted += this.classes[index] ?? 0;
      if (counted >= wanted) return Math.min(LEAST * Math.exp((index - 0.5) * STEP), this.largest);
    }
    return this.largest;
  }
}
