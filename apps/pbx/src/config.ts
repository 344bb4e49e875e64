import { isIP } from 'node:net';
import { ConfigError, ConfigFile } from '@strowger/daemon';
import { type Document, isMap } from 'yaml';
import { z } from 'zod';
import { atOf, type Config, configSchema, parseListen } from './config-schema.ts';

/** Environment variables and the keys that they override. Lists are separated by commas. */
export const ENVIRONMENT: Readonly<Record<string, { path: readonly string[]; list?: true }>> = {
  STROWGER_DOMAIN: { path: ['domain'] },
  STROWGER_LISTEN: { path: ['listen'], list: true },
  STROWGER_HTTP_LISTEN: { path: ['http', 'listen'] },
  STROWGER_TLS_CERT: { path: ['tls', 'cert'] },
  STROWGER_TLS_KEY: { path: ['tls', 'key'] },
  STROWGER_TLS_CA: { path: ['tls', 'ca'] },
  STROWGER_WEBSOCKET_PATH: { path: ['webSocket', 'path'] },
  STROWGER_WEBSOCKET_ORIGINS: { path: ['webSocket', 'origins'], list: true },
  STROWGER_MEDIA_ADDRESS: { path: ['media', 'address'] },
  STROWGER_MEDIA_PORTS: { path: ['media', 'ports'] },
  STROWGER_MEDIA_CODECS: { path: ['media', 'codecs'], list: true },
  STROWGER_MEDIA_SRTP: { path: ['media', 'srtp'] },
  STROWGER_MEDIA_ICE: { path: ['media', 'ice'] },
  STROWGER_MEDIA_KEYING: { path: ['media', 'keying'], list: true },
  STROWGER_MEDIA_STUN_SERVERS: { path: ['media', 'stunServers'], list: true },
  STROWGER_MEDIA_HOLD_MUSIC: { path: ['media', 'holdMusic', 'file'] },
  STROWGER_MEDIA_WORKERS: { path: ['media', 'workers'] },
  STROWGER_DATAGRAMS: { path: ['datagrams'] },
  STROWGER_STORE: { path: ['store'] },
  STROWGER_PUBLIC: { path: ['public'], list: true },
  STROWGER_MODE: { path: ['mode'] },
  STROWGER_RECORDING_SERVER: { path: ['recording', 'server'] },
  STROWGER_RECORDING_FOLDER: { path: ['recording', 'folder'] },
  STROWGER_RECORDING_POLICY: { path: ['recording', 'policy'] },
  STROWGER_DIGEST: { path: ['digest'], list: true },
  STROWGER_NONCE_LIFETIME_MS: { path: ['nonceLifetimeMs'] },
  STROWGER_RING_TIMEOUT_MS: { path: ['ringTimeoutMs'] },
  STROWGER_MAX_FORWARDINGS: { path: ['maxForwardings'] },
  STROWGER_MAX_CALLS: { path: ['maxCalls'] },
  STROWGER_DRAIN_MS: { path: ['drainMs'] },
};

/**
 * Reads a configuration, YAML or JSON, with the environment on top.
 * @param text the file's content; an empty one gives the defaults.
 * @throws ConfigError with a sentence for every wrong line, key or value.
 */
export function readConfig(
  text: string,
  { file = 'configuration', env = {} }: { file?: string; env?: NodeJS.ProcessEnv } = {},
): Config {
  const source = new ConfigFile(text, file);
  const { document } = source;
  const overridden = override(document, env);
  const result = configSchema.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const variable = overridden.get(issue.path.join('.'));
      return `${variable ?? source.at(issue)}: ${explain(issue)}`;
    }),
  );
}

/** What is trivial to guess, or public and not to be had with a password that was made up. */
export function refuseUnsafe(config: Config, madeUp: boolean): void {
  const open = config.listen
    .map(atOf)
    .filter((point) => isPublic(parseListen(point)?.address ?? ''));
  if (open.length === 0) return;
  const weak = (config.users ?? []).filter(({ user, password }) => isTrivial(user, password));
  const problems = weak.map(
    ({ user }) =>
      `users: the password of "${user}" is too easy to guess for ${open[0]}; ` +
      'allowed: 10 characters or more, not the name, not a common word, not one character repeated',
  );
  if (madeUp) {
    problems.push(
      `listen: ${open[0]} is public, and the users' passwords were made up; ` +
        'write users with passwords of your own, or listen on a loopback or private address',
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Puts the environment's values into the document; tells which key came from which variable. */
function override(document: Document, env: NodeJS.ProcessEnv): Map<string, string> {
  const from = new Map<string, string>();
  for (const [variable, { path, list }] of Object.entries(ENVIRONMENT)) {
    const value = env[variable];
    if (value === undefined || value === '') continue;
    const items = value.split(',').map((item) => item.trim());
    const scalar = /^\d+$/.test(value) ? Number(value) : value;
    if (document.contents === null) document.contents = document.createNode({});
    if (!hasRoomFor(document, path)) continue; // the schema says what is wrong there
    document.setIn(path, document.createNode(list === true ? items : scalar));
    from.set(path.join('.'), variable);
    if (list === true) items.forEach((_, index) => from.set([...path, index].join('.'), variable));
  }
  return from;
}

/** Whether every part of the document above this path is a map, or absent. */
function hasRoomFor(document: Document, path: readonly string[]): boolean {
  return path.every((_, depth) => {
    const parent = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    return parent === undefined || isMap(parent);
  });
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue): string {
  const where = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  const key = where.join('').replace(/^\./, '') || 'the whole file';
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys.map((one) => `"${one}"`).join(', ');
    return `${key === 'the whole file' ? '' : `${key}: `}unknown key ${unknown}; allowed: ${keysAt(issue.path).join(', ')}`;
  }
  if (issue.code === 'invalid_value') {
    return `${key}: ${show(issue)} is not allowed; allowed: ${issue.values.map(String).join(', ')}`;
  }
  if (issue.input === undefined) return `${key}: is missing; ${issue.message}`;
  return `${key}: ${show(issue)} is not allowed; ${issue.message}`;
}

/** The keys that the schema knows at a path; none where no map is. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  let at: z.core.$ZodType | undefined = configSchema;
  for (const key of path) at = at && below(at, key);
  const map = at && mapOf(at);
  return map === undefined ? [] : Object.keys(map.shape);
}

/** What stands at a key of a map, or in a list. */
function below(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  const plain = unwrapped(schema);
  if (plain instanceof z.ZodArray) return plain.element;
  if (plain instanceof z.ZodRecord) return plain.valueType;
  return mapOf(plain)?.shape[String(key)];
}

function mapOf(schema: z.core.$ZodType): z.ZodObject | undefined {
  const plain = unwrapped(schema);
  const options = plain instanceof z.ZodUnion ? plain.options : [plain];
  return options.find((one) => one instanceof z.ZodObject);
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isWrapper ? unwrapped(schema.unwrap()) : schema;
}

const SECRETS = ['password', 'pin', 'moderatorPin'];

/** The value as it was written; never a password, nor a PIN. */
function show(issue: Issue): string {
  const isSecret = issue.path.some((key) => SECRETS.includes(String(key)));
  if (isSecret) return 'this value';
  const text = JSON.stringify(issue.input) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Whether an address can be reached from beyond a private network (RFC 1918, 4193, 6890). */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) {
    return !/^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
  }
  return !/^(::1$|f[cd]|fe[89ab])/i.test(address);
}

const COMMON = [
  'password',
  'passw0rd',
  '1234567890',
  'qwertyuiop',
  'strowger',
  'changeme',
  'secret',
];

/** Whether a scanner would guess it within its first thousand tries. */
export function isTrivial(user: string, password: string): boolean {
  const lower = password.toLowerCase();
  return (
    password.length < 10 ||
    new Set(lower).size < 5 ||
    lower.includes(user.toLowerCase()) ||
    COMMON.some((word) => lower.startsWith(word))
  );
}
