const SPREAD = 0x9e3779b1;

/** A 32-bit hash of a text: FNV-1a. */
export function hashText(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return value >>> 0;
}

/**
 * The chance of the `number`th happening of its kind, from 0 to 1: a function of its arguments alone,
 * so that what happens elsewhere does not shift it.
 */
export function chanceOf(seed: number, number: number, draw: number): number {
  let value = Math.imul((seed ^ Math.imul(number + 1, SPREAD)) + Math.imul(draw, 0x85ebca6b), 1);
  value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
  return ((value ^ (value >>> 15)) >>> 0) / 2 ** 32;
}
