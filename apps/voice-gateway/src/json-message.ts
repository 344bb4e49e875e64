/** A JSON object of a peer, or why it is none. */
export function readObject(text: string): Record<string, unknown> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no JSON object';
  return value as Record<string, unknown>; // JSON's keys are strings
}

/** A name as peers may choose it: not empty, and of some length. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 256;
}
