import { StrowgerError } from '@strowger/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DialogSnapshot } from './dialog-snapshot.ts';
import { readSnapshot } from './read-snapshot.ts';

const SNAPSHOT: DialogSnapshot = {
  version: 1,
  callId: 'call',
  localTag: 'a',
  remoteTag: 'b',
  role: 'uac',
  local: '<sip:alice@example.com>;tag=a',
  remote: '"Bob" <sip:bob@example.com>;tag=b',
  remoteTarget: 'sip:bob@192.0.2.2:5070',
  routeSet: ['<sip:192.0.2.9;lr>'],
  localContact: '<sip:alice@192.0.2.1:5060>',
  localSeq: 3,
  remoteSeq: -1,
  hop: { transport: 'tcp', address: '192.0.2.2', port: 5060, flow: 'tcp/1' },
  allowsUpdate: true,
  offer: 'complete',
  timer: { role: 'refresher', seconds: 1800, agreedAt: 1_767_225_600_000, minSeconds: 120 },
  acks: [
    {
      cseq: 3,
      headers: [['Authorization', 'Digest username="alice"']],
      body: { type: 'application/sdp', content: 'v=0\r\n' },
      isOwed: true,
    },
    { cseq: 1 },
  ],
  invite: {
    request: 'INVITE',
    hop: { transport: 'udp', address: '192.0.2.2', port: 5060 },
    local: { address: '192.0.2.1', port: 5060 },
    response: 'SIP/2.0 200 OK',
    isOffer: true,
    isEnding: true,
  },
};

function refusalOf(value: unknown): string {
  try {
    readSnapshot(value);
  } catch (error) {
    if (!StrowgerError.isInstance(error)) throw error;
    return `${error.code} ${error.message}`;
  }
  return 'none';
}

describe('a snapshot', () => {
  it('reads as it was written', () => {
    expect(readSnapshot(JSON.parse(JSON.stringify(SNAPSHOT)))).toEqual(SNAPSHOT);
    const { routeSet, hop, allowsUpdate, timer, acks, invite, ...least } = SNAPSHOT;
    expect(readSnapshot(least)).toEqual(least);
    expect(readSnapshot({ ...least, later: 'a field that nobody knows yet' })).toEqual(least);
    expect([routeSet, hop, allowsUpdate, timer, acks, invite]).not.toContain(undefined);
  });

  it('of another version is refused by its number', () => {
    const refusal = 'SNAPSHOT_VERSION version 2 of a snapshot cannot be read, only 1';
    expect(refusalOf({ ...SNAPSHOT, version: 2 })).toBe(refusal);
    expect(refusalOf({ version: 0 })).toMatch(/^SNAPSHOT_VERSION version 0/u);
  });

  it.each([
    ['no object', undefined, 'snapshot is no object'],
    ['a list', [], 'snapshot is no object'],
    ['its text', JSON.stringify(SNAPSHOT), 'snapshot is no object'],
    ['without version', {}, 'snapshot.version'],
    ['with a tag of somebody else', { localTag: 'c' }, 'snapshot.local has another tag'],
    ['with a line break', { callId: 'a\r\nVia: x' }, 'snapshot.callId has control characters'],
    ['without Call-ID', { callId: '' }, 'snapshot.callId is no text'],
    ['with a target that is no URI', { remoteTarget: '<<' }, 'snapshot.remoteTarget is no URI'],
    ['with a CSeq beyond all numbers', { localSeq: 2 ** 31 }, 'snapshot.localSeq'],
    ['with a CSeq that is none', { remoteSeq: '1' }, 'snapshot.remoteSeq'],
    ['with routes that are none', { routeSet: ['<<'] }, 'snapshot.routeSet has an entry'],
    ['with too many routes', { routeSet: Array(65).fill('<sip:a>') }, 'snapshot.routeSet'],
    ['with an unknown role', { role: 'proxy' }, 'snapshot.role is none of uac, uas'],
    ['with an offer under way', { offer: 'offerSent' }, 'snapshot.offer is none of'],
    ['with a hop to nowhere', { hop: { transport: 'udp' } }, 'snapshot.hop.address'],
    ['with port 0', { hop: { ...SNAPSHOT.hop, port: 0 } }, 'snapshot.hop.port'],
    ['with a short interval', { timer: { ...SNAPSHOT.timer, seconds: 1 } }, 'snapshot.timer.sec'],
    ['with no time', { timer: { ...SNAPSHOT.timer, agreedAt: null } }, 'snapshot.timer.agreedAt'],
    ['with a foreign field', { acks: [{ cseq: 1, headers: [['Via', 'x']] }] }, 'acks[0].headers'],
    ['with half a field', { acks: [{ cseq: 1, headers: [['Via']] }] }, 'acks[0].headers'],
    [
      'with a body that is none',
      { acks: [{ cseq: 1, body: { type: 'a', content: '€' } }] },
      'bytes',
    ],
    [
      'with too many ACKs',
      { acks: Array.from({ length: 5 }, () => ({ cseq: 1 })) },
      'snapshot.acks is no list',
    ],
    ['with a false flag', { allowsUpdate: false }, 'snapshot.allowsUpdate is not true'],
  ])('%s is refused', (_, change, why) => {
    const isWhole = typeof change !== 'object' || Array.isArray(change) || _ === 'without version';
    const refusal = refusalOf(isWhole ? change : { ...SNAPSHOT, ...change });
    expect(refusal).toMatch(/^SNAPSHOT_CORRUPT /u);
    expect(refusal).toContain(why);
  });

  it('that is anything at all is read or refused', () => {
    const change = fc.record({ path: fc.constantFrom(...pathsOf(SNAPSHOT)), value: fc.anything() });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const hostile: unknown = structuredClone(SNAPSHOT);
        for (const { path, value } of changes) put(hostile, path, value);
        expect(refusalOf(hostile)).toMatch(/^(?:none$|SNAPSHOT_)/u);
      }),
      { numRuns: 3000, seed: 1 },
    );
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(refusalOf(value)).toMatch(/^SNAPSHOT_/u);
      }),
      { seed: 1 },
    );
  });
});

function pathsOf(value: object, before: string[] = []): string[][] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const path = [...before, name];
    return typeof inner === 'object' && inner !== null ? [path, ...pathsOf(inner, path)] : [path];
  });
}

function put(target: unknown, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (typeof target !== 'object' || target === null) return;
  if (rest.length > 0) return put(Reflect.get(target, name), rest, value);
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true });
}
