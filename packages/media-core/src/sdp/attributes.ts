// Attributes are the values of `a=` lines (RFC 8866 §5.13): `rtpmap:0 PCMU/8000`, `sendrecv`.

/** The value of the first attribute of that name. */
export function valueOf(attributes: readonly string[], name: string): string | undefined {
  const start = `${name}:`;
  return attributes
    .find((attribute) => attribute.slice(0, start.length).toLowerCase() === start)
    ?.slice(start.length)
    .trim();
}

/** The values of all attributes of that name. */
export function valuesOf(attributes: readonly string[], name: string): string[] {
  const start = `${name}:`;
  return attributes
    .filter((attribute) => attribute.slice(0, start.length).toLowerCase() === start)
    .map((attribute) => attribute.slice(start.length).trim());
}

/** Whether an attribute without a value is there. */
export function hasFlag(attributes: readonly string[], name: string): boolean {
  return attributes.some((attribute) => attribute.trim().toLowerCase() === name);
}
