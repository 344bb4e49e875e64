import { isIP } from 'node:net';
import { SAMPLE_RATES } from '@strowger/media-core';
import { z } from 'zod';
import { kindOf } from './audio-socket-frames.ts';

/** `127.0.0.1:9019`, `[::1]:9019`, `agent.example:9019`. */
const hostPort = z.string().refine((text) => parseHostPort(text) !== undefined, {
  error: 'a host and a port, such as "127.0.0.1:9019" or "[::1]:9019"',
});

const portRange = z.string().refine((text) => parsePortRange(text) !== undefined, {
  error: 'two UDP ports from 1024 to 65535, the first even and smaller, such as "20000-29999"',
});

const webSocketUrl = z.string().regex(/^wss?:\/\/[^\s]{1,2000}$/, {
  error: 'a URL that begins with "ws://" or "wss://"',
});

const sampleRate = z
  .int()
  .refine((rate) => SAMPLE_RATES.includes(rate), { error: `one of ${SAMPLE_RATES.join(', ')}` })
  .default(8000);

const headers = z.record(z.string().regex(/^[\w-]{1,64}$/), z.string().max(4096)).default({});

const parameters = z.record(z.string().min(1).max(256), z.string().max(4096)).default({});

const twilio = z.strictObject({
  type: z.literal('twilio'),
  url: webSocketUrl,
  headers,
  accountSid: z
    .string()
    .min(1)
    .max(64)
    .default(`AC${'0'.repeat(32)}`),
  tracks: z.enum(['inbound', 'outbound', 'both']).default('inbound'),
});

const pcm = z.strictObject({ type: z.literal('pcm'), url: webSocketUrl, headers, sampleRate });

const audioSocket = z.strictObject({
  type: z.literal('audiosocket'),
  address: hostPort,
  sampleRate: sampleRate.refine((rate) => kindOf(rate) !== undefined, {
    error: 'a rate that AudioSocket has a kind of frame for',
  }),
});

const agent = z.strictObject({
  type: z.literal('function'),
  module: z.string().min(1).max(4096).describe('A JavaScript module whose default export talks'),
  voice: z
    .union([
      z.literal('espeak-ng'),
      z.strictObject({ prompts: z.string().min(1).max(4096).describe('A folder of WAV files') }),
    ])
    .optional(),
});

const sip = z.strictObject({
  uri: z.string().min(1).max(1000).default('sip:agent@127.0.0.1'),
  password: z.string().min(1).max(256).optional(),
  server: z.string().min(1).max(1000).optional(),
  transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']).optional(),
  listen: z.array(z.string().min(1).max(256)).min(1).optional(),
  register: z.boolean().default(false),
});

const media = z.strictObject({
  address: z
    .string()
    .refine((text) => isIP(text) !== 0, { error: 'an IP address' })
    .optional(),
  ports: portRange.default('10000-19999'),
  codecs: z
    .array(z.enum(['pcmu', 'pcma', 'g722', 'opus']))
    .min(1)
    .default(['pcmu', 'pcma', 'g722', 'opus']),
  digits: z
    .array(z.enum(['rtp', 'inband']))
    .min(1)
    .default(['rtp']),
  srtp: z.enum(['off', 'optional', 'best-effort', 'required']).default('optional'),
});

const speech = z.strictObject({
  beginMs: z.int().min(10).max(1000).default(40),
  endMs: z.int().min(100).max(10_000).default(500),
  leastDbm0: z.number().min(-70).max(0).default(-45),
});

const whenDown = z
  .union(
    [
      z.strictObject({ status: z.int().min(400).max(699) }),
      z.strictObject({ announce: z.string().min(1).max(4096) }),
    ],
    { error: '{ status: 400 to 699 } or { announce: a WAV file }' },
  )
  .default({ status: 503 });

const limits = z.strictObject({
  calls: z.int().min(1).max(10_000).default(100),
  toCallerBytes: z.int().min(16_000).max(64_000_000).default(4_000_000),
  toProgramBytes: z.int().min(16_000).max(64_000_000).default(1_000_000),
  messageBytes: z.int().min(1000).max(64_000_000).default(1_000_000),
  connectMs: z.int().min(100).max(60_000).default(3000),
  idleMs: z.int().min(1000).max(600_000).default(15_000),
});

/** The configuration file, as people write it. */
export const configSchema = z.strictObject({
  sip: sip.default(sip.parse({})),
  media: media.default(media.parse({})),
  speech: speech.default(speech.parse({})),
  program: z.discriminatedUnion('type', [twilio, pcm, audioSocket, agent], {
    error: '"type" is one of twilio, pcm, audiosocket, function',
  }),
  parameters,
  bargeIn: z.enum(['program', 'gateway']).default('program'),
  whenDown,
  limits: limits.default(limits.parse({})),
  http: z
    .strictObject({ listen: hostPort, token: z.string().min(16).max(256).optional() })
    .optional(),
  drainMs: z.int().min(0).max(3_600_000).default(10_000),
});

/** The configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;

/** Splits `127.0.0.1:9019` or `[::1]:9019`; `undefined` when it is neither. */
export function parseHostPort(text: string): { host: string; port: number } | undefined {
  const colon = text.lastIndexOf(':');
  const written = text.slice(0, colon);
  const host = written.startsWith('[') && written.endsWith(']') ? written.slice(1, -1) : written;
  const port = Number(text.slice(colon + 1));
  const isBare = isIP(host) === 6 && host === written; // IPv6 wants its brackets
  const isPort = /^\d{1,5}$/.test(text.slice(colon + 1)) && port <= 65_535;
  return colon > 0 && isPort && !isBare && /^[\w.:-]{1,253}$/.test(host)
    ? { host, port }
    : undefined;
}

/** Splits `20000-29999`; `undefined` when it is no range for RTP. */
export function parsePortRange(text: string): { from: number; to: number } | undefined {
  const match = /^(\d{4,5})-(\d{4,5})$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  return from >= 1024 && from % 2 === 0 && from < to && to <= 65_535 ? { from, to } : undefined;
}
