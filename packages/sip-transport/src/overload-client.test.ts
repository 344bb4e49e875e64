import { seededRandom, VirtualClock } from '@strowger/runtime';
import { createResponse, SipRequest, type SipResponse, uri, Via } from '@strowger/sip-message';
import { expect, it } from 'vitest';
import type { Hop } from './hop.ts';
import { OverloadClient } from './overload-client.ts';
import { defaultLimits } from './transport-limits.ts';

const server: Hop = { transport: 'udp', address: '192.0.2.1', port: 5060 };
const other: Hop = { transport: 'udp', address: '192.0.2.2', port: 5060 };
let made = 0;

function request(method = 'INVITE', ...more: [string, string][]): SipRequest {
  return new SipRequest({
    method,
    uri: uri('sip:bob@b.example'),
    headers: [
      ['Via', `SIP/2.0/UDP a.example;branch=z9hG4bK${++made}`],
      ['From', '<sip:a@b>;tag=1'],
      ['To', '<sip:bob@b.example>'],
      ['Call-ID', `c${made}`],
      ['CSeq', `1 ${method}`],
      ...more,
    ],
  });
}

/** An answer whose top Via says what a server tells. */
function told(params: string): SipResponse {
  const asked = request();
  asked.headers.removeFirst('Via');
  asked.headers.prepend('Via', `SIP/2.0/UDP a.example;branch=z9hG4bKx;${params}`);
  return createResponse(asked, 200);
}

function client(announces = false): { clock: VirtualClock; client: OverloadClient } {
  const clock = new VirtualClock();
  const random = seededRandom(4);
  return { clock, client: new OverloadClient({ clock, random, limits: defaultLimits, announces }) };
}

/** How many of a hundred new requests go. */
function admitted(one: OverloadClient, hop = server): number {
  return Array.from({ length: 100 }, () => one.admits(request(), hop)).filter(Boolean).length;
}

it('keeps the share to itself that a server asks for, until its time is over (RFC 7339 §6)', () => {
  const { client: one, clock } = client();
  expect(admitted(one)).toBe(100);
  one.heard(told('oc=60;oc-validity=1000;oc-seq=1282321615.782'), server);
  const some = admitted(one);
  expect(some).toBeGreaterThan(25);
  expect(some).toBeLessThan(55);
  expect(admitted(one, other)).toBe(100); // another server's trouble is its own
  clock.advance(1000);
  expect(admitted(one)).toBe(100);
});

it('lets pass what is under way, emergencies, and copies of what has gone', () => {
  const { client: one } = client();
  const before = request();
  one.heard(told('oc=0;oc-validity=1000;oc-seq=1'), server);
  expect(one.admits(before, server)).toBe(true);
  one.heard(told('oc=100;oc-validity=1000;oc-seq=2'), server);
  expect(admitted(one)).toBe(0);
  expect(one.admits(before, server)).toBe(true);
  expect(one.admits(request('BYE'), server)).toBe(true);
  expect(one.admits(request('INVITE', ['Priority', 'emergency']), server)).toBe(true);
});

it('believes the latest that a server told, and its end', () => {
  const { client: one } = client();
  one.heard(told('oc=100;oc-validity=60000;oc-seq=5'), server);
  one.heard(told('oc=0;oc-validity=1000;oc-seq=4'), server); // overtaken
  expect(admitted(one)).toBe(0);
  one.heard(told('oc=100;oc-validity=0;oc-seq=6'), server);
  expect(admitted(one)).toBe(100);
});

it.each(['oc', 'oc=101', 'oc=-1', 'oc=x', 'oc=5000', 'oc=1e9'])('makes nothing of %s', (params) => {
  const { client: one } = client();
  one.heard(told(`${params};oc-validity=1000;oc-seq=1`), server);
  expect(admitted(one)).toBe(100);
});

it('holds no longer than a minute, whatever a server says', () => {
  const { client: one, clock } = client();
  one.heard(told('oc=100;oc-validity=999999999;oc-seq=1'), server);
  clock.advance(60_000);
  expect(admitted(one)).toBe(100);
});

it('says that it obeys, once, where that is wanted (RFC 7339 §4.1)', () => {
  const asked = request();
  const { client: one } = client(true);
  one.admits(asked, server);
  one.admits(asked, server);
  const vias = asked.headers.raw('Via');
  expect(vias).toEqual([expect.stringMatching(/;oc;oc-algo="loss"$/)]);
  expect(Via.parse(vias[0] ?? '').ok).toBe(true);
  const silent = request();
  client().client.admits(silent, server);
  expect(silent.via.params.has('oc')).toBe(false);
});
