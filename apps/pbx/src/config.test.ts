import { ConfigError } from '@strowger/daemon';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema } from './config-schema.ts';
import { isTrivial, keysAt, readConfig, refuseUnsafe } from './config.ts';

const EXAMPLE = `
domain: pbx.example
listen: ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"]
http: { listen: "127.0.0.1:8080" }
media: { address: "127.0.0.1", ports: "20000-29999", codecs: [pcmu, pcma] }
store: "sqlite:./strowger.db"            # or "memory"
users:
  - { user: alice, password: "…" }
  - { user: bob, password: "…" }
`;

describe('the configuration', () => {
  it('reads the example, as YAML and as JSON', () => {
    const config = readConfig(EXAMPLE);
    expect(config).toMatchObject({ domain: 'pbx.example', media: { codecs: ['pcmu', 'pcma'] } });
    expect(readConfig(JSON.stringify(config))).toEqual(config);
  });

  it('fills in every default', () => {
    expect(readConfig('')).toMatchObject({
      listen: ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'],
      http: { listen: '127.0.0.1:8080' },
      media: { address: '127.0.0.1', ports: '20000-29999', workers: 1 },
      ringTimeoutMs: 30_000,
      digest: ['MD5'],
      public: [],
    });
  });

  it.each([
    ['domain: a\nuzers: []', 'file:2: unknown key "uzers"; allowed: domain, listen, http, media'],
    ['\nmedia:\n  portz: "1-2"', 'file:3: media: unknown key "portz"; allowed: address, ports'],
    [
      'listen: ["udp:nowhere:5060"]',
      'file:1: listen[0]: "udp:nowhere:5060" is not allowed; "udp:"',
    ],
    [
      'media:\n  codecs: [g729]',
      'file:2: media.codecs[0]: "g729" is not allowed; allowed: pcmu, pcma, g722, opus',
    ],
    [
      'media: { ports: "20001-20002" }',
      'file:1: media.ports: "20001-20002" is not allowed; two UDP',
    ],
    ['users:\n  - { user: bob }', 'file:2: users[0].password: is missing'],
    ['users: [{ user: a, password: 1234 }]', 'users[0].password: this value is not allowed'],
    [
      'listen: ["udp:127.0.0.1:5060", "wss:127.0.0.1:8443"]',
      'file:1: listen[1]: "wss:127.0.0.1:8443" is not allowed; it needs "tls" with "cert" and "key"',
    ],
    ['media: { holdMusic: {} }', 'media.holdMusic: {} is not allowed; it needs "file" or "toneHz"'],
    [
      'media: { holdMusic: { file: a.wav, toneHz: 440 } }',
      'is not allowed; it needs "file" or "toneHz", and not both',
    ],
    ['media: { holdMusic: { toneHz: 12 } }', 'file:1: media.holdMusic.toneHz: 12 is not allowed'],
    [
      'recording: { folder: a, onDemand: { start: "*12", stop: "2" } }',
      'recording.onDemand.stop: "2" is not allowed; 2 to 8 of 0-9',
    ],
    [
      'recording: { folder: a, onDemand: { start: "*12", stop: "12" } }',
      'its codes have to differ, and none may end with another one',
    ],
    ['recording: { server: "sip:a", onDemand: {} }', 'recording on demand needs "folder"'],
    ['media: { comfortNoise: sometimes }', 'media.comfortNoise: "sometimes" is not allowed'],
    ['tls: { cert: a }', 'file:1: tls.key: is missing'],
    ['webSocket: { paths: /sip }', 'unknown key "paths"; allowed: path, origins, allowNoOrigin'],
    ['webSocket: { origins: [phone] }', 'webSocket.origins[0]: "phone" is not allowed; such as'],
    [
      'users: [{ user: a, password: longer, forward: { busy: "mailto:b@c" } }]',
      'users[0].forward.busy: "mailto:b@c" is not allowed; a user, a number such as "*43"',
    ],
    ['media: { keying: [mikey] }', 'media.keying[0]: "mikey" is not allowed; allowed: sdes, dtls'],
    [
      'media: { stunServers: ["stun.example:3478"] }',
      'media.stunServers[0]: "stun.example:3478" is not allowed; an IP address and a port',
    ],
    ['media: { stunServers: ["192.0.2.1:0"] }', 'a port from 1 to 65535'],
    [
      'media: { turnServers: [{ at: "192.0.2.1:3478", user: a }] }',
      'unknown key "user"; allowed: at, username, password',
    ],
    ['ringTimeoutMs: soon', 'file:1: ringTimeoutMs: "soon" is not allowed'],
    ['store: mysql', 'file:1: store: "mysql" is not allowed; "memory", or "sqlite:" and a file'],
    ['a: [', 'file:1: '],
    ['domain: a\ndomain: b', 'file:2: Map keys must be unique'],
  ])('names line, key and what is allowed: %s', (text, message) => {
    const read = (): unknown => readConfig(text, { file: 'file' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
  });

  it('reads how media finds its way and its keys', () => {
    const text = `
media:
  ice: full
  keying: [dtls]
  stunServers: ["192.0.2.1:3478", "[2001:db8::1]:3478"]
  turnServers: [{ at: "192.0.2.2:3478", username: pbx, password: fk3-Wq9 }]
`;
    const { media } = readConfig(text);
    expect(media).toMatchObject({ ice: 'full', keying: ['dtls'] });
    expect(media.turnServers).toEqual([
      { at: '192.0.2.2:3478', username: 'pbx', password: 'fk3-Wq9' },
    ]);
    const env = { STROWGER_MEDIA_STUN_SERVERS: '192.0.2.9:3478' };
    expect(readConfig(text, { env }).media.stunServers).toEqual(['192.0.2.9:3478']);
  });

  it('reads every transport, certificates and origins', () => {
    const text = `
listen: ["tls:127.0.0.1:5061", "ws:[::1]:8080", "wss:127.0.0.1:8443"]
tls: { cert: cert.pem, key: key.pem, ca: [ca.pem], verifyClient: optional }
webSocket: { origins: ["https://phone.example"] }
`;
    expect(readConfig(text)).toMatchObject({
      tls: { cert: 'cert.pem', verifyClient: 'optional', minVersion: 'TLSv1.2' },
      webSocket: { path: '/sip', origins: ['https://phone.example'], allowNoOrigin: false },
    });
    const env = { STROWGER_TLS_CERT: 'cert.pem', STROWGER_TLS_KEY: 'key.pem' };
    expect(readConfig('listen: ["tls:127.0.0.1:5061"]', { env }).tls?.key).toBe('key.pem');
  });

  it('lets the environment override the file, and names the variable that is wrong', () => {
    const env = {
      STROWGER_DOMAIN: 'other.example',
      STROWGER_LISTEN: 'udp:127.0.0.1:5070,tcp:[::1]:5070',
    };
    expect(readConfig(EXAMPLE, { env })).toMatchObject({
      domain: 'other.example',
      listen: ['udp:127.0.0.1:5070', 'tcp:[::1]:5070'],
    });
    expect(() => readConfig('', { env: { STROWGER_MEDIA_PORTS: '7' } })).toThrow(
      'STROWGER_MEDIA_PORTS: media.ports: 7 is not allowed',
    );
  });

  it.each([
    ['media: 5', 'file:1: media: 5 is not allowed'],
    ['[]', 'file:1: the whole file: [] is not allowed'],
  ])('says what is wrong with %s though a variable would go into it', (text, message) => {
    const env = { STROWGER_MEDIA_PORTS: '20000-20099' };
    expect(() => readConfig(text, { file: 'file', env })).toThrow(message);
  });

  it('reads conference rooms, and shows no PIN that is wrong', () => {
    const text = 'conference: { rooms: { "*6000": { pin: "1234", record: true } } }';
    expect(readConfig(text).conference).toEqual({
      rooms: {
        '*6000': {
          pin: '1234',
          maximum: 200,
          loudest: 0,
          tones: true,
          endsWithModerator: false,
          record: true,
        },
      },
      recordings: './recordings',
      recordingFormat: 'wav',
    });
    const problem = (room: string): string => {
      try {
        readConfig(`conference: { rooms: ${room} }`);
        return 'none';
      } catch (error) {
        return error instanceof ConfigError ? error.problems.join() : 'another';
      }
    };
    expect(problem('{ "*6000": { pin: "4x7y" } }')).toContain('pin: this value is not allowed');
    expect(problem('{ "*43": {} }')).toContain('but not *43 or *60');
    expect(problem('{ "*6000": { pins: "1" } }')).toContain('unknown key "pins"; allowed: pin,');
  });

  it('reads what is recorded, and says what makes no sense', () => {
    const text = 'recording: { server: "sip:rec@192.0.2.9", policy: required, of: [alice] }';
    expect(readConfig(text).recording).toEqual({
      server: 'sip:rec@192.0.2.9',
      answerMs: 5000,
      srtp: 'off',
      format: 'wav',
      policy: 'required',
      of: ['alice'],
    });
    expect(readConfig('').recording).toBeUndefined();
    const problem = (lines: string): string => {
      try {
        readConfig(lines);
        return 'none';
      } catch (error) {
        return error instanceof ConfigError ? error.problems.join() : 'another';
      }
    };
    expect(problem('recording: {}')).toContain('it needs "server", "folder" or both');
    expect(problem('recording: { server: "srs" }')).toContain('a SIP address, such as');
    expect(problem('recording: { servers: 1 }')).toContain('allowed: server, answerMs,');
  });

  it.each([
    ['recording: { folder: calls }', 'configuration:2: recording: {'],
    [
      'users: [{ user: a, password: longer, media: { srtp: required } }]',
      'users[0].media: {"srtp":"required"} is not allowed; media has wishes',
    ],
    [
      'users: [{ user: a, password: longer, digits: inband }]',
      'users[0].digits: "inband" is not allowed; tones are heard',
    ],
    ['media: { holdMusic: { toneHz: 440 } }', 'music is played'],
  ])('refuses in mode proxy what only a relay does: %s', (text, message) => {
    expect(() => readConfig(`mode: b2bua\n${text}`)).not.toThrow();
    const read = (): unknown => readConfig(`mode: proxy\n${text}`);
    expect(read).toThrow(message);
    expect(read).toThrow('in mode "b2bua" alone');
  });

  it('names the keys that are allowed wherever there are any', () => {
    const known: [string, readonly string[]][] = [
      ...objectsIn(z.toJSONSchema(configSchema, { io: 'input' }), []),
    ];
    expect(known.length).toBeGreaterThan(10);
    for (const [path, keys] of known) {
      const parts = path === '' ? [] : path.split('/');
      const at = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
      expect([path, keysAt(at)]).toEqual([path, keys]);
    }
    const wrong = 'users: [{ user: a, password: longer, media: { strp: off } }]';
    expect(() => readConfig(wrong)).toThrow('unknown key "strp"; allowed: srtp, keying, ice');
  });

  it('marks no media where sockets cannot', () => {
    const marked = 'dscp: { signalling: 24, media: 46 }\n';
    expect(readConfig(`${marked}datagrams: batched`).dscp).toEqual({ signalling: 24, media: 46 });
    expect(() => readConfig(marked)).toThrow(
      'dscp.media: 46 is not allowed; it needs "datagrams: batched"',
    );
    expect(() => readConfig('dscp: { signalling: 64 }')).toThrow('dscp.signalling');
  });

  it('publishes its schema', async () => {
    const schema = z.toJSONSchema(configSchema, { io: 'input' });
    // `vitest -u` writes it anew
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(
      '../config.schema.json',
    );
  });
});

describe('a public address', () => {
  const open = 'listen: ["udp:0.0.0.0:5060"]\n';

  it('is refused with a trivial password', () => {
    const config = readConfig(`${open}users: [{ user: alice, password: alice2026 }]`);
    expect(() => refuseUnsafe(config, false)).toThrow('password of "alice" is too easy to guess');
  });

  it('is refused with passwords that were made up', () => {
    expect(() => refuseUnsafe(readConfig(open), true)).toThrow('were made up');
  });

  it('is taken with good ones; a private address with any', () => {
    refuseUnsafe(readConfig(`${open}users: [{ user: alice, password: fk3-Wq9-zLm1 }]`), false);
    refuseUnsafe(
      readConfig('listen: ["udp:192.168.1.5:5060"]\nusers: [{ user: a, password: a }]'),
      false,
    );
  });

  it.each(['short', 'aaaaaaaaaaaa', 'alice-alice-1', 'password2026', '1234567890ab'])(
    'does not think much of %s',
    (password) => expect(isTrivial('alice', password)).toBe(true),
  );
});

/** Every map of the published schema, by a path to it, with its keys. */
function objectsIn(
  schema: z.core.JSONSchema._JSONSchema,
  path: string[],
): [string, readonly string[]][] {
  if (typeof schema === 'boolean') return [];
  const { properties = {}, additionalProperties: more = false, items = [], anyOf = [] } = schema;
  const keys = Object.keys(properties);
  return [
    ...(keys.length > 0 ? [[path.join('/'), keys] as [string, string[]]] : []),
    ...Object.entries(properties).flatMap(([key, one]) => objectsIn(one, [...path, key])),
    ...objectsIn(more, [...path, '*6000']),
    ...[items].flat().flatMap((one) => objectsIn(one, [...path, '0'])),
    ...anyOf.flatMap((one) => objectsIn(one, path)),
  ];
}
