import { RE2JS } from 're2js';
import type { Problem } from './problems.ts';
import type { XmlElement } from './xml-tree.ts';

/** The attributes of an element: each is taken once, and what nobody took is a problem. */
export class Attributes {
  readonly line: number;
  private readonly name: string;
  private readonly problems: Problem[];
  private readonly left: Map<string, string>;

  constructor({ name, line, attributes }: XmlElement, problems: Problem[]) {
    this.line = line;
    this.name = name;
    this.problems = problems;
    this.left = new Map(Object.entries(attributes));
  }

  complain(text: string): void {
    this.problems.push({ line: this.line, text });
  }

  take(name: string): string | undefined {
    const value = this.left.get(name);
    this.left.delete(name);
    return value;
  }

  /** The value, or a problem and an empty text. */
  need(name: string): string {
    const value = this.take(name);
    if (value === undefined) this.complain(`<${this.name}> needs ${name}`);
    return value ?? '';
  }

  flag(name: string): boolean {
    return this.take(name) === 'true';
  }

  /** A number from 0 up. */
  number(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (value.trim() !== '' && number >= 0 && Number.isFinite(number)) return number;
    this.complain(`${name}="${value}" is no number from 0 up`);
    return undefined;
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.take(name);
    const known = choices.find((choice) => choice === value);
    if (value !== undefined && known === undefined) {
      this.complain(`${name}="${value}" is none of ${choices.join(', ')}`);
    }
    return known;
  }

  /** A regular expression, matched in linear time whatever it is. */
  pattern(expression: string, flags = 0): RE2JS | undefined {
    try {
      return RE2JS.compile(expression, flags | RE2JS.DOTALL);
    } catch (error) {
      this.complain(`regexp: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  /** What only changes SIPp's screens and files. */
  ignore(...names: string[]): void {
    for (const name of names) this.left.delete(name);
  }

  /** What is left is part of something that was refused already. */
  forgetOthers(): void {
    this.left.clear();
  }

  /** A problem for each attribute that nobody took. */
  refuseOthers(): void {
    for (const name of this.left.keys()) {
      this.complain(`${name} of <${this.name}> is not understood`);
    }
  }
}
