import { seededRandom, VirtualClock } from '@strowger/runtime';
import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import { expect, it } from 'vitest';
import { Overload } from './overload.ts';
import { tellOverload } from './overload-via.ts';
import { rankOf } from './request-rank.ts';
import { defaultLimits } from './transport-limits.ts';

function measured() {
  const clock = new VirtualClock();
  const overload = new Overload({ clock, random: seededRandom(1), limits: defaultLimits });
  const second = (...delays: number[]): void => {
    for (const delay of delays) overload.sample(delay);
    clock.advance(1000);
  };
  clock.advance(5000);
  second(0, 0, 0);
  return { clock, overload, second };
}

it('refuses nothing while a queue empties now and then', () => {
  const { overload, second } = measured();
  for (let n = 0; n < 20; n++) second(900, 900, 10, 900);
  expect(overload.share).toBe(0);
  second(900); // too few to know
  expect(overload.share).toBe(0);
});

it('refuses more and more while a queue stands, and nothing soon after', () => {
  const { clock, overload, second } = measured();
  const shares = [1, 2, 3, 4].map(() => {
    second(300, 400, 300);
    return Math.round(overload.share * 100);
  });
  expect(shares).toEqual([20, 40, 60, 80]);
  clock.advance(3000);
  expect(overload.share).toBe(0);
});

function invite(via: string, ...more: [string, string][]): SipRequest {
  return new SipRequest({
    method: 'INVITE',
    uri: uri('sip:bob@b.example'),
    headers: [
      ['Via', via],
      ['From', '<sip:a@b>;tag=1'],
      ['To', '<sip:bob@b.example>'],
      ['Call-ID', 'c'],
      ['CSeq', '1 INVITE'],
      ...more,
    ],
  });
}

const VIA = 'SIP/2.0/UDP a.example;branch=z9hG4bK1';

it('tells clients that speak overload control how much to keep (RFC 7339)', () => {
  const request = invite(`${VIA};oc;oc-algo="loss"`);
  tellOverload(request, 0.25, 7);
  const { params } = createResponse(request, 503).via;
  const told = ['oc', 'oc-algo', 'oc-validity', 'oc-seq'].map((name) => params.get(name));
  expect(told).toEqual(['25', 'loss', '500', '7']);

  for (const via of [VIA, `${VIA};oc`, `${VIA};oc;oc-algo="rate"`]) {
    const other = invite(via);
    tellOverload(other, 0.25, 7);
    expect(other.headers.raw('Via')).toEqual([via]);
  }
});

it('ranks emergencies before what is under way, and new requests last', () => {
  expect(rankOf(invite(VIA))).toBe('new');
  expect(rankOf(invite(VIA, ['Priority', 'emergency']))).toBe('emergency');
  expect(rankOf(invite(VIA, ['Resource-Priority', 'esnet.0']))).toBe('emergency');
  const { uri: target, headers } = invite(VIA);
  const bye = new SipRequest({ method: 'BYE', uri: target, headers: headers.entries() });
  expect(rankOf(bye)).toBe('underWay');
});
