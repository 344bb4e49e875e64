import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  Params,
  parseMessage,
  serializeMessage,
  SipMessageError,
  SipRequest,
  Via,
} from '../src/index.ts';

const THEIRS = 'SIP/2.0/UDP a.example;branch=z9hG4bKa;rport';
const BELOW = 'SIP/2.0/TCP b.example;branch=z9hG4bKb';

function received(...vias: string[]): SipRequest {
  const lines = ['OPTIONS sip:b@h SIP/2.0', ...vias.map((via) => `Via: ${via}`)];
  const rest = ['From: <sip:a@h>;tag=1', 'To: <sip:b@h>', 'Call-ID: c', 'CSeq: 1 OPTIONS', '', ''];
  const result = parseMessage(Buffer.from([...lines, ...rest].join('\r\n')));
  if (!result.ok || result.value.kind !== 'request') throw new Error('not parsed');
  return result.value;
}

function viasOf(request: SipRequest): string[] {
  const text = Buffer.from(serializeMessage(request)).toString('latin1');
  return text.split('\r\n').filter((line) => line.startsWith('Via:'));
}

describe('prependVia', () => {
  it('puts ours on top, and knows its branch', () => {
    const request = received(THEIRS);
    request.headers.prependVia('SIP/2.0/UDP us.example:5060', 'z9hG4bKus', ';rport');
    expect(viasOf(request)).toEqual([
      'Via: SIP/2.0/UDP us.example:5060;branch=z9hG4bKus;rport',
      `Via: ${THEIRS}`,
    ]);
    expect(request.branch).toBe('z9hG4bKus');
    expect(request.via.branch).toBe('z9hG4bKus');
    expect(request.sentBy).toBe('us.example:5060');
    expect(request.clone().branch).toBe('z9hG4bKus');
    request.headers.removeFirst('Via');
    expect(request.branch).toBe('z9hG4bKa');
  });

  it.each(['a;received=1', 'a b', '', 'a\r\nX: y'])('refuses the branch %j', (branch) => {
    const { headers } = received(THEIRS);
    expect(() => headers.prependVia('SIP/2.0/UDP us', branch)).toThrow(SipMessageError);
    expect(headers.raw('Via')).toEqual([THEIRS]);
  });

  it.each(['h\r\nX: y', 'h\nX', 'h\0'])('refuses the sent-by %j', (host) => {
    const { headers } = received(THEIRS);
    expect(() => headers.prependVia(`SIP/2.0/UDP ${host}`, 'z9hG4bKus')).toThrow(SipMessageError);
    expect(headers.raw('Via')).toEqual([THEIRS]);
  });
});

describe('replaceTopVia', () => {
  it('writes another Via in the place of the topmost', () => {
    const request = received(THEIRS, BELOW);
    const stamped = new Via(request.via);
    stamped.params.set('received', '192.0.2.1');
    request.headers.replaceTopVia(stamped);
    expect(request.via).toBe(stamped);
    expect(request.branch).toBe('z9hG4bKa');
    expect(viasOf(request)).toEqual([`Via: ${THEIRS};received=192.0.2.1`, `Via: ${BELOW}`]);
  });

  it('leaves what stands behind it in its field', () => {
    const request = received(`${THEIRS}, ${BELOW}`);
    const other = new Via({
      transport: 'UDP',
      host: 'x.example',
      params: [['branch', 'z9hG4bKx']],
    });
    request.headers.replaceTopVia(other);
    expect(viasOf(request)).toEqual([
      'Via: SIP/2.0/UDP x.example;branch=z9hG4bKx',
      `Via: ${BELOW}`,
    ]);
    request.headers.removeFirst('Via');
    expect(request.branch).toBe('z9hG4bKb');
  });
});

describe('a parameter', () => {
  it.each([
    [';a=1;b;A=2', 'a', '1'],
    [';Tag=x', 'tag', 'x'],
    [';b;tag=x', 'b', ''],
    [';a=b=c;d', 'a', 'b=c'],
    [';ab=1', 'a', undefined],
    [';a= "x;tag=no" ;tag=yes', 'tag', 'yes'],
    [';x="a\\";tag=no";tag=yes', 'tag', 'yes'],
    ['', 'a', undefined],
  ])('of %j is found where it stands: %s', (source, name, value) => {
    const params = Params.of(source, 'header');
    expect(params.get(name)).toBe(value);
    expect(params.has(name)).toBe(value !== undefined);
    expect(params.size).toBeGreaterThanOrEqual(0); // takes them apart
    expect(params.get(name)).toBe(value);
  });

  it('of a URI may be escaped', () => {
    const params = Params.of(';n%61me=%31;x=2', 'uri');
    expect(params.get('name')).toBe('1');
    expect(params.get('x')).toBe('2');
  });
});
