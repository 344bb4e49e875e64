import { it } from 'vitest';
import { Stage } from './stage.ts';

/** A section of an RFC: `RFC 3665 §3.8`. */
export type Section = `RFC ${number} §${string}`;

/** A flow of an RFC as a test; at its end nothing may be left. */
export function flow(section: Section, title: string, story: (on: Stage) => Promise<void>): void {
  it(`${section}: ${title}`, async () => {
    const on = new Stage();
    await story(on);
    await on.end();
  });
}
