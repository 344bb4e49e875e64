const MAX_LENGTH = 45;
const GROUPS = 8;

/**
 * The eight groups of an IPv6 address without brackets or zone, by the grammar of RFC 5954 §4.1 (RFC
 * 3986 §3.2.2); undefined for what is none. Spellings of one address have the same groups.
 */
export function ipv6Groups(text: string): number[] | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const sides = text.split('::', 3);
  if (sides.length > 2) return undefined;
  const [left, right] = sides;
  const head = readGroups(left ?? '', right === undefined);
  const tail = right === undefined ? [] : readGroups(right, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUPS - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** Groups with colons between them; the last two may be an IPv4 address. */
function readGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const pieces = text.split(':', GROUPS + 1);
  const groups: number[] = [];
  for (const [i, piece] of pieces.entries()) {
    const isIpv4 = isLast && i === pieces.length - 1 && piece.includes('.');
    const read = isIpv4 ? readIpv4(piece) : readGroup(piece);
    if (read === undefined) return undefined;
    groups.push(...read);
  }
  return groups;
}

/** One to four hexadecimal digits. */
function readGroup(piece: string): number[] | undefined {
  if (piece.length === 0 || piece.length > 4) return undefined;
  for (const char of piece.toLowerCase()) if (!'0123456789abcdef'.includes(char)) return undefined;
  return [Number.parseInt(piece, 16)];
}

function readIpv4(piece: string): number[] | undefined {
  const octets = piece.split('.', 5);
  const numbers = octets.map((octet) => (isDecimal(octet) ? Number(octet) : 256));
  if (numbers.length !== 4 || numbers.some((number) => number > 255)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = numbers;
  return [a * 256 + b, c * 256 + d];
}

function isDecimal(text: string): boolean {
  if (text.length === 0 || text.length > 3) return false;
  for (const char of text) if (char < '0' || char > '9') return false;
  return true;
}
