// Asks a message for every header in its typed form, and each address in it for its URI.

/** @param names those of its headers: the list belongs to the bench, not to the price. */
export function touchEverything(message, names) {
  let seen = message.kind === 'request' ? sizeOf(message.uri) : message.status;
  for (const name of names) seen += sizeOf(message.headers.get(name));
  return seen + message.body.length;
}

function sizeOf(value) {
  if (value === undefined) throw new Error('a header is malformed');
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) {
    let sum = 0;
    for (const one of value) sum += sizeOf(one);
    return sum;
  }
  if (value.uri !== undefined && typeof value.uri === 'object') return sizeOf(value.uri);
  return value.host === undefined ? 1 : value.host.length;
}
