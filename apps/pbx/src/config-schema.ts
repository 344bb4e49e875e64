import { isIP } from 'node:net';
import { parseUri } from '@strowger/sip-message';
import { z } from 'zod';

/** `127.0.0.1:8080`, `[::1]:8080`: an address and a port. */
const hostPort = z.string().refine((text) => parseHostPort(text) !== undefined, {
  error: 'an IP address and a port, such as "127.0.0.1:8080" or "[::1]:8080"',
});

const listenPoint = z.string().refine((text) => parseListen(text) !== undefined, {
  error:
    '"udp:", "tcp:", "tls:", "ws:" or "wss:", an IP address and a port, such as "udp:127.0.0.1:5060"',
});

const file = z.string().min(1).max(4096);

const tls = z.strictObject({
  cert: file.describe('PEM: our certificate first, then those between it and the authority'),
  key: file.describe('PEM'),
  ca: z
    .union([file, z.array(file).min(1)], { error: 'a file, or a list of files' })
    .optional()
    .describe('PEM: the authorities that certificates of others must lead to'),
  verifyClient: z
    .enum(['none', 'optional', 'required'])
    .default('none')
    .describe('Whether phones show a certificate'),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
});

const webSocket = z.strictObject({
  path: z
    .string()
    .regex(/^\/[\w./~-]{0,255}$/, { error: 'a path that begins with "/", such as "/sip"' })
    .default('/sip')
    .describe('Where SIP is in the URL'),
  origins: z
    .array(z.string().regex(/^https?:\/\/[^/?#\s]+$/, { error: 'such as "https://phone.example"' }))
    .default([])
    .describe('Whose pages may connect; none by default'),
  allowNoOrigin: z.boolean().default(false).describe('Whether others than browsers may connect'),
});

const codePoint = z.int().min(0).max(63);
const dscp = z.strictObject({
  signalling: codePoint
    .optional()
    .describe('24, CS3, is usual; streams are marked from Node 24 on'),
  media: codePoint.optional().describe('46, EF, is usual; it needs "datagrams: batched"'),
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

/** What can be dialled, or an address anywhere. */
const target = z.string().regex(/^(?:sips?:[^\s<>"]{1,250}|[A-Za-z0-9_.!~*'()+-]{1,64})$/, {
  error: 'a user, a number such as "*43", or a SIP address such as "sip:desk@pbx.example"',
});

const forward = z.strictObject({
  always: target.optional().describe('Where all calls go'),
  busy: target.optional().describe('Where calls go while the phones are busy'),
  noAnswer: target
    .optional()
    .describe('Where calls go that nobody answers, or when no phone is registered'),
  noAnswerMs: z
    .int()
    .min(1000)
    .max(600_000)
    .optional()
    .describe('How long the phones ring before that; default: ringTimeoutMs'),
});

const user = z.strictObject({
  user: userPart.describe('What others dial, and the name in the digest'),
  password: z.string().min(1).max(256).describe('Kept only as HA1'),
  digest: algorithms.optional().describe('What this user is offered, strongest first'),
  media: z
    .strictObject({
      srtp: z.enum(['off', 'optional', 'best-effort', 'required']).optional(),
      keying: z
        .array(z.enum(['sdes', 'dtls']))
        .min(1)
        .optional(),
      ice: z.enum(['off', 'lite', 'full']).optional(),
    })
    .optional()
    .describe('How media is offered to the phones, where it differs from `media`'),
  digits: z
    .enum(['auto', 'inband'])
    .default('auto')
    .describe('"inband": the phones send digits as tones in the audio, which is decoded for them'),
  forward: forward.optional().describe('Where calls go that this user does not take'),
});

const pin = z.string().regex(/^\d{3,12}$/, { error: '3 to 12 digits, in quotes' });

const room = z.strictObject({
  pin: pin.optional().describe('Asked for by tones; nobody is asked without it'),
  moderatorPin: pin.optional().describe('Makes a moderator; with it alone others type "#"'),
  subject: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('What it is called, for phones that show it'),
  maximum: z.int().min(1).max(1000).default(200).describe('Callers at the same time'),
  loudest: z.int().min(0).max(100).default(0).describe('So many are heard; 0: all'),
  tones: z.boolean().default(true).describe('Whether one hears that somebody joins or leaves'),
  endsWithModerator: z.boolean().default(false).describe('Over for all when the last one leaves'),
  record: z.boolean().default(false).describe('Whether meetings are recorded, in `recordings`'),
});

const conference = z
  .strictObject({
    rooms: z
      .record(z.string(), room)
      .superRefine((rooms, context) => {
        const taken = ['*43', '*60'];
        const wrong = Object.keys(rooms).filter(
          (name) => taken.includes(name) || !userPart.safeParse(name).success,
        );
        const message = "a room is 1 to 64 of letters, digits and _.!~*'()+-, but not *43 or *60";
        for (const name of wrong) {
          context.addIssue({ code: 'custom', path: [name], message, input: name });
        }
      })
      .default({})
      .describe('By what is dialled, such as "*6000"'),
    recordings: file.default('./recordings').describe('Folder of what is recorded; it is made'),
    recordingFormat: z
      .enum(['wav', 'ogg'])
      .default('wav')
      .describe('16-bit PCM, or Opus in Ogg, a tenth of its size'),
  })
  .prefault({});

const sipUri = z.string().refine((text) => /^sips?:/i.test(text) && parseUri(text).ok, {
  error: 'a SIP address, such as "sip:recorder@192.0.2.9" or "sip:192.0.2.9:5070;transport=tcp"',
});

const code = z
  .string()
  .regex(/^[0-9*#A-D]{2,8}$/, { error: '2 to 8 of 0-9, *, # and A-D, in quotes, such as "*1"' });

const onDemand = z
  .strictObject({
    start: code.default('*1').describe('Begins, and goes on after a pause'),
    pause: code.default('*2'),
    stop: code.default('*3'),
    by: z.array(userPart).min(1).optional().describe('Users who may; default all, and nobody else'),
  })
  .refine(({ start, pause, stop }) => areApart([start, pause, stop]), {
    error: 'its codes have to differ, and none may end with another one',
  });

const recording = z
  .strictObject({
    server: sipUri
      .optional()
      .describe('A recording server (SIPREC, RFC 7866), called for each call'),
    answerMs: z.int().min(500).max(30_000).default(5000).describe('How long it may take to answer'),
    srtp: z
      .enum(['off', 'optional', 'best-effort', 'required'])
      .default('off')
      .describe('Encryption of what it is sent'),
    folder: file.optional().describe('Where the PBX records by itself; it is made'),
    format: z
      .enum(['wav', 'ogg'])
      .default('wav')
      .describe('16-bit PCM, or Opus in Ogg, a tenth of its size; the caller is on the left'),
    policy: z
      .enum(['required', 'optional'])
      .default('optional')
      .describe('"required": a call that cannot be recorded is refused, or ends'),
    of: z
      .array(userPart)
      .optional()
      .describe('Users whose calls are recorded from their beginning; default all, [] nobody'),
    onDemand: onDemand
      .optional()
      .describe('What who talks types to record in `folder`, to pause and to stop'),
  })
  .refine(({ server: at, folder }) => at !== undefined || folder !== undefined, {
    error: 'it needs "server", "folder" or both',
  })
  .refine(({ folder, onDemand: asked }) => asked === undefined || folder !== undefined, {
    error: 'recording on demand needs "folder"',
  });

/** What who is held hears: one of the two. */
const holdMusic = z
  .strictObject({
    file: file.optional().describe('A WAV file, played over and over'),
    toneHz: z.number().min(50).max(4000).optional().describe('A tone instead'),
  })
  .refine(({ file: path, toneHz }) => (path === undefined) !== (toneHz === undefined), {
    error: 'it needs "file" or "toneHz", and not both',
  });

/** Names of such servers are looked up by nobody. */
const server = hostPort.refine((text) => (parseHostPort(text)?.port ?? 0) > 0, {
  error: 'a port from 1 to 65535',
});

const turnServer = z.strictObject({
  at: server,
  username: z.string().min(1).max(256),
  password: z.string().min(1).max(256),
});

/** The configuration file, as people write it. */
export const configSchema = z
  .strictObject({
    domain: z
      .string()
      .regex(/^[A-Za-z0-9.:[\]-]{1,253}$/, { error: 'a host name or an IP address' })
      .toLowerCase()
      .default('localhost')
      .describe('The domain of the users, and the realm of their digests'),
    listen: z
      .array(
        z.union([listenPoint, z.strictObject({ at: listenPoint, digest: algorithms.optional() })], {
          error: '"udp:", "tcp:", "tls:", "ws:" or "wss:" with address and port, or { at, digest }',
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
          .array(z.enum(['pcmu', 'pcma', 'g722', 'opus']))
          .min(1)
          .default(['pcmu', 'pcma', 'g722', 'opus']),
        srtp: z
          .enum(['off', 'optional', 'best-effort', 'required'])
          .default('optional')
          .describe('Encryption of media: "optional" takes it where a phone offers it'),
        ice: z
          .enum(['off', 'lite', 'full'])
          .default('lite')
          .describe('ICE where a phone offers it, and to browsers; "full" also asks and checks'),
        keying: z
          .array(z.enum(['sdes', 'dtls']))
          .min(1)
          .default(['sdes', 'dtls'])
          .describe('How keys of SRTP come about, preferred first; browsers have "dtls" alone'),
        stunServers: z
          .array(server)
          .max(8)
          .default([])
          .describe('Who tells the PBX where it is seen, with ice: full'),
        turnServers: z
          .array(turnServer)
          .max(8)
          .default([])
          .describe('Relays for media, over UDP, with ice: full; the first is used'),
        transcode: z
          .enum(['never', 'whenNeeded'])
          .default('whenNeeded')
          .describe('Whether calls are transcoded whose two phones share no codec'),
        maxTranscoded: z
          .int()
          .min(0)
          .max(10_000)
          .default(50)
          .describe('Calls that one thread for media transcodes at the same time'),
        holdMusic: holdMusic
          .optional()
          .describe('What who is held hears; default: the other phone'),
        comfortNoise: z
          .boolean()
          .default(false)
          .describe(
            'Comfort noise (RFC 3389): silence is told, and not sent, to phones that take it',
          ),
        workers: z
          .int()
          .min(0)
          .max(64)
          .default(1)
          .describe('Threads for media; 0: none of its own'),
      })
      .prefault({}),
    forceRport: z
      .boolean()
      .default(true)
      .describe('Answers by UDP go where their requests came from, asked or not'),
    edge: z
      .enum(['any', 'public'])
      .default('any')
      .describe(
        '"public": neither requests nor media go to this machine or, requests, private networks',
      ),
    tls: tls.optional().describe('Needed for "tls:" and "wss:"; read anew at SIGHUP'),
    webSocket: webSocket.prefault({}),
    store: store.default('sqlite:./strowger.db'),
    users: z.array(user).max(100_000).optional(),
    public: z
      .array(userPart)
      .default([])
      .describe('Services and users that a caller who is no user of ours may reach'),
    datagrams: z
      .enum(['dgram', 'batched'])
      .default('dgram')
      .describe('How UDP is read and sent; "batched" costs less CPU, on Linux'),
    dscp: dscp.optional().describe('How packets are marked for the network (RFC 4594)'),
    digits: z
      .enum(['convert', 'pass'])
      .default('convert')
      .describe('Whether digits go on as the other phone takes them: as events, else by INFO'),
    mode: z
      .enum(['b2bua', 'proxy'])
      .default('b2bua')
      .describe('Whether media of calls to users is relayed, or flows between the phones'),
    recording: recording.optional().describe('Calls between two parties that are recorded'),
    conference: conference.describe('Rooms where all who dial them hear each other'),
    digest: algorithms.default(['MD5']).describe('What is offered where nothing else is said'),
    ringTimeoutMs: z.int().min(1000).max(600_000).default(30_000),
    nonceLifetimeMs: z.int().min(1000).max(86_400_000).default(300_000),
    maxForwardings: z
      .int()
      .min(0)
      .max(20)
      .default(5)
      .describe('How often a call may be forwarded, here and before it came here'),
    followRedirects: z
      .boolean()
      .default(true)
      .describe('Whether a phone may send a call to another user by a 3xx'),
    maxCalls: z.int().min(1).max(1_000_000).default(10_000),
    drainMs: z.int().min(0).max(3_600_000).default(10_000).describe('Deadline after SIGTERM'),
  })
  .superRefine((config, context) => {
    for (const { path, message, input } of config.mode === 'proxy' ? notProxied(config) : []) {
      context.addIssue({ code: 'custom', path, message, input });
    }
    if (config.dscp?.media !== undefined && config.datagrams !== 'batched') {
      const message = 'it needs "datagrams: batched"';
      const input = config.dscp.media;
      context.addIssue({ code: 'custom', path: ['dscp', 'media'], message, input });
    }
    const index = config.listen.findIndex((point) => isSecure(atOf(point)));
    if (index < 0 || config.tls !== undefined) return;
    const message = 'it needs "tls" with "cert" and "key"';
    context.addIssue({
      code: 'custom',
      path: ['listen', index],
      message,
      input: config.listen[index],
    });
  });

/** The configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;

/** Whether what is typed can be one of them alone. */
function areApart(codes: readonly string[]): boolean {
  return codes.every((one, at) =>
    codes.every((other, index) => index === at || !one.endsWith(other)),
  );
}

/** What somebody counts on, such as encryption, and a proxy cannot do: it has no media. */
function notProxied(config: Pick<Config, 'recording' | 'users' | 'media'>) {
  const { recording: recorded, users = [], media: ofAll } = config;
  const only = 'in mode "b2bua" alone';
  const music = {
    path: ['media', 'holdMusic'],
    message: `music is played ${only}`,
    input: ofAll.holdMusic,
  };
  const recordings = {
    path: ['recording'],
    message: `calls are recorded ${only}`,
    input: recorded,
  };
  const ofUsers = users.flatMap(({ media, digits }, index) => [
    ...(media === undefined
      ? []
      : [{ path: ['users', index, 'media'], message: `media has wishes ${only}`, input: media }]),
    ...(digits === 'auto'
      ? []
      : [{ path: ['users', index, 'digits'], message: `tones are heard ${only}`, input: digits }]),
  ]);
  return [
    ...(ofAll.holdMusic === undefined ? [] : [music]),
    ...(recorded === undefined ? [] : [recordings]),
    ...ofUsers,
  ];
}

/** Where it listens. */
export interface Listen {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';
  readonly address: string;
  readonly port: number;
}

/** Splits `tls:127.0.0.1:5061`; `undefined` when it is no listen point. */
export function parseListen(text: string): Listen | undefined {
  const colon = text.indexOf(':');
  const name = text.slice(0, colon);
  const transport = TRANSPORTS.find((known) => known === name);
  const at = parseHostPort(text.slice(colon + 1));
  return transport === undefined || at === undefined ? undefined : { transport, ...at };
}

const TRANSPORTS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;

/** The text of a listen point, whichever way it was written. */
export function atOf(point: string | { readonly at: string }): string {
  return typeof point === 'string' ? point : point.at;
}

function isSecure(at: string): boolean {
  const transport = parseListen(at)?.transport;
  return transport === 'tls' || transport === 'wss';
}

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
