/** A `[keyword]` of SIPp, as it was read. */
export type Keyword =
  | { readonly type: 'fact'; readonly name: FactName; readonly offset: number }
  | { readonly type: 'variable'; readonly name: string }
  | { readonly type: 'field'; readonly index: number }
  | { readonly type: 'lastHeader'; readonly name: string }
  | { readonly type: 'authentication'; readonly username?: string; readonly password?: string }
  | { readonly type: 'key'; readonly name: string };

/** Keywords that stand for one value each. */
const FACTS = [
  'service',
  'remote_ip',
  'remote_host',
  'remote_port',
  'transport',
  'local_ip',
  'local_ip_type',
  'local_port',
  'server_ip',
  'media_ip',
  'media_ip_type',
  'media_port',
  'auto_media_port',
  'len',
  'pid',
  'call_id',
  'call_number',
  'cseq',
  'branch',
  'msg_index',
  'peer_tag_param',
  'routes',
  'next_url',
  'last_message',
  'last_cseq_number',
  'last_Request_URI',
  'clock_tick',
] as const;
export type FactName = (typeof FACTS)[number];

/** Keywords whose value is a number, so that something may be added. */
const NUMBERS: readonly string[] = [
  'remote_port',
  'local_port',
  'media_port',
  'auto_media_port',
  'call_number',
  'cseq',
  'last_cseq_number',
  'msg_index',
];

/**
 * Reads what stands between the brackets; `undefined` where it is no keyword that is known.
 *
 * @param keys names that `--key` and `--set` give a value.
 */
export function readKeyword(text: string, keys: ReadonlySet<string>): Keyword | undefined {
  if (text.startsWith('$')) return { type: 'variable', name: text.slice(1) };
  if (keys.has(text)) return { type: 'key', name: text };
  if (/^field\d{1,3}$/.test(text)) return { type: 'field', index: Number(text.slice(5)) };
  if (text.startsWith('authentication')) return readAuthentication(text);
  if (text.startsWith('last_') && text.endsWith(':')) {
    return { type: 'lastHeader', name: text.slice('last_'.length, -1) };
  }
  return readFact(text);
}

function readFact(text: string): Keyword | undefined {
  const [, name = '', offset] = /^([a-zA-Z_]+)([+-]\d{1,9})?$/.exec(text) ?? [];
  const known = FACTS.find((fact) => fact === name);
  if (known === undefined || (offset !== undefined && !NUMBERS.includes(name))) return undefined;
  return { type: 'fact', name: known, offset: Number(offset ?? 0) };
}

function readAuthentication(text: string): Keyword | undefined {
  const [, ...parts] = text.split(' ').filter((part) => part !== '');
  const values = new Map(parts.map((part) => splitAt(part, '=')));
  const isKnown = [...values.keys()].every((name) => name === 'username' || name === 'password');
  if (!text.startsWith('authentication ') && text !== 'authentication') return undefined;
  if (!isKnown) return undefined;
  const [username, password] = [values.get('username'), values.get('password')];
  return {
    type: 'authentication',
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  };
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
