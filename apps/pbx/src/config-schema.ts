import { isIP } from 'node:net';
import { z } from 'zod';

/** `127.0.0.1:8080`, `[::1]:8080`: an address and a port. */
const hostPort = z.string().refine((text) => parseHostPort(text) !== undefined, {
  error: 'an IP address and a port, such as "127.0.0.1:8080" or "[::1]:8080"',
});

const listenPoint = z
  .string()
  .refine((text) => /^(udp|tcp):/.test(text) && parseHostPort(text.slice(4)) !== undefined, {
    error: '"udp:" or "tcp:", an IP address and a port, such as "udp:127.0.0.1:5060"',
  });

const algorithm = z.enum(['MD5', 'SHA-256', 'SHA-512-256']);
const algorithms = z.array(algorithm).min(1);

const portRange = z.string().refine((text) => parsePortRange(text) !== undefined, {
  error: 'two UDP ports from 1024 to 65535, the first even and smaller, such as "20000-29999"',
});

const store = z.string().regex(/^(memory|sqlite:.+)$/, {
  error: '"memory", or "sqlite:" and a file, such as "sqlite:./strowger.db"',
});

const userPart = z.string().regex(/^[A-Za-z0-9_.!~*'()+-]{1,64}$/, {
  error: "1 to 64 of letters, digits and _.!~*'()+-",
});

const user = z.strictObject({
  user: userPart.describe('What others dial, and the name in the digest'),
  password: z.string().min(1).max(256).describe('Kept only as HA1'),
  digest: algorithms.optional().describe('What this user is offered, strongest first'),
});

/** The configuration file, as people write it. */
export const configSchema = z.strictObject({
  domain: z
    .string()
    .regex(/^[A-Za-z0-9.:[\]-]{1,253}$/, { error: 'a host name or an IP address' })
    .default('localhost')
    .describe('The domain of the users, and the realm of their digests'),
  listen: z
    .array(
      z.union([listenPoint, z.strictObject({ at: listenPoint, digest: algorithms.optional() })], {
        error: '"udp:" or "tcp:" with address and port, or { at, digest }',
      }),
    )
    .min(1)
    .max(64)
    .default(['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'])
    .describe('Where phones register'),
  http: z.strictObject({ listen: hostPort }).default({ listen: '127.0.0.1:8080' }),
  media: z
    .strictObject({
      address: z
        .string()
        .refine((text) => isIP(text) !== 0, { error: 'an IP address' })
        .default('127.0.0.1'),
      ports: portRange.default('20000-29999'),
      codecs: z
        .array(z.enum(['pcmu', 'pcma']))
        .min(1)
        .default(['pcmu', 'pcma']),
      workers: z.int().min(0).max(64).default(1).describe('Threads for media; 0: none of its own'),
    })
    .prefault({}),
  store: store.default('sqlite:./strowger.db'),
  users: z.array(user).max(100_000).optional(),
  public: z
    .array(userPart)
    .default([])
    .describe('Services and users that a caller who is no user of ours may reach'),
  digest: algorithms.default(['MD5']).describe('What is offered where nothing else is said'),
  ringTimeoutMs: z.int().min(1000).max(600_000).default(30_000),
  nonceLifetimeMs: z.int().min(1000).max(86_400_000).default(300_000),
  maxCalls: z.int().min(1).max(1_000_000).default(10_000),
  drainMs: z.int().min(0).max(3_600_000).default(10_000).describe('Deadline after SIGTERM'),
});

/** The configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;

/** Splits `127.0.0.1:8080` or `[::1]:8080`; `undefined` when it is neither. */
export function parseHostPort(text: string): { address: string; port: number } | undefined {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon);
  const address = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const port = parsePort(text.slice(colon + 1));
  const family = isIP(address);
  if (colon < 0 || port === undefined || family === 0) return undefined;
  if (family === 6 && host === address) return undefined; // IPv6 wants its brackets
  return { address, port };
}

/** Splits `20000-29999`; `undefined` when it is no range for RTP. */
export function parsePortRange(text: string): { from: number; to: number } | undefined {
  const [first, last, ...rest] = text.split('-');
  const from = parsePort(first ?? '');
  const to = parsePort(last ?? '');
  if (from === undefined || to === undefined || rest.length > 0) return undefined;
  return from >= 1024 && from % 2 === 0 && from < to ? { from, to } : undefined;
}

function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}
