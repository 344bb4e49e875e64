import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { parseHostPort, parsePortRange } from './config-schema.ts';

describe('a configuration', () => {
  it('needs a program, and has defaults for all else', () => {
    const config = readConfig('program: { type: twilio, url: "ws://127.0.0.1:8080/stream" }');
    expect(config).toMatchObject({
      sip: { uri: 'sip:agent@127.0.0.1', register: false },
      program: { tracks: 'inbound', headers: {} },
      whenDown: { status: 503 },
      limits: { calls: 100, connectMs: 3000, idleMs: 15_000 },
      bargeIn: 'program',
    });
  });

  it('takes secrets from the environment', () => {
    const text = `
      sip: { uri: "sip:agent@pbx.example" }
      program: { type: pcm, url: "wss://agent.example/call" }
      http: { listen: "127.0.0.1:0" }`;
    const env = {
      STROWGER_PASSWORD: 'correct horse 7',
      STROWGER_PROGRAM_AUTHORIZATION: 'Bearer x',
      STROWGER_HTTP_TOKEN: '0123456789abcdef',
    };
    const config = readConfig(text, { env });
    expect(config.sip.password).toBe('correct horse 7');
    expect(config.program).toMatchObject({ headers: { Authorization: 'Bearer x' } });
    expect(config.http?.token).toBe('0123456789abcdef');
  });

  it.each([
    ['', 'file:1: program: '],
    ['program: { type: telepathy }', 'program.type: "type" is one of twilio, pcm'],
    ['program: { type: pcm, url: "http://x" }', 'program.url: a URL that begins with "ws://"'],
    ['program: { type: audiosocket, address: nowhere }', 'program.address: a host and a port'],
    [
      'program: { type: audiosocket, address: "a:1", sampleRate: 22050 }',
      'program.sampleRate: a rate that AudioSocket has',
    ],
    ['program: { type: pcm, url: "ws://x", speed: 1 }', 'program: Unrecognized key: "speed"'],
    ['program: { type: pcm, url: "ws://x" }\nwhenDown: { status: 200 }', 'file:2: whenDown'],
    ['drainMs: 1\ndrainMs: 2', 'file:2: Map keys must be unique'],
    ['\na: [', 'file:2: Flow sequence'],
  ])('that says %j is refused', (text, problem) => {
    expect(() => readConfig(text, { file: 'file' })).toThrow(problem);
  });

  it('names the variable whose value is wrong', () => {
    const text = 'http: { listen: "127.0.0.1:0" }';
    const env = { STROWGER_HTTP_TOKEN: 'short' };
    expect(() => readConfig(text, { env })).toThrow('STROWGER_HTTP_TOKEN: http.token: Too small');
  });
});

it('addresses and ports are read, or are none', () => {
  expect(parseHostPort('[::1]:9019')).toEqual({ host: '::1', port: 9019 });
  expect(parseHostPort('agent.example:1')).toEqual({ host: 'agent.example', port: 1 });
  for (const text of ['::1:9019', ':1', 'a', 'a:70000', 'a:', 'a b:1']) {
    expect(parseHostPort(text), text).toBeUndefined();
  }
  expect(parsePortRange('20000-29999')).toEqual({ from: 20_000, to: 29_999 });
  for (const text of ['1-2', '20001-29999', '30000-20000', '20000-70000', 'x']) {
    expect(parsePortRange(text), text).toBeUndefined();
  }
});
