import type { Operand } from './sipp-scenario.ts';

export type Value = string | number | boolean;

/** The variables of one call; what `--set` gives is there from the start. */
export class Variables {
  private readonly values: Map<string, Value>;

  constructor(given: Readonly<Record<string, string>>) {
    this.values = new Map(Object.entries(given));
  }

  set(name: string, value: Value | undefined): void {
    if (value === undefined) this.values.delete(name);
    else this.values.set(name, value);
  }

  /** Whether a test of this variable succeeds. */
  isSet(name: string): boolean {
    const value = this.values.get(name);
    return value !== undefined && value !== false;
  }

  text(name: string): string {
    return String(this.values.get(name) ?? '');
  }

  number(name: string): number {
    const value = Number(this.values.get(name) ?? 0);
    return Number.isNaN(value) ? 0 : value;
  }

  valueOf(operand: Operand): number {
    return 'number' in operand ? operand.number : this.number(operand.variable);
  }
}
