import { createResponse, type HeaderInput, SipRequest, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import {
  afterTooSmall,
  agreedInterval,
  answerInterval,
  expireAfterMs,
  isTooShort,
  readSessionExpires,
  refreshAfterMs,
  sessionTimerOptions,
} from './session-expires.ts';

function request(...headers: [string, HeaderInput][]): SipRequest {
  return new SipRequest({
    method: 'INVITE',
    uri: uri('sip:bob@b'),
    headers: [
      ['Via', 'SIP/2.0/UDP a;branch=z9hG4bK1'],
      ['From', '<sip:a@a>;tag=1'],
      ['To', '<sip:b@b>'],
      ['Call-ID', 'c'],
      ['CSeq', '1 INVITE'],
      ...headers,
    ],
  });
}

const options = sessionTimerOptions();
const supported: [string, string] = ['Supported', 'timer'];

describe('Session-Expires (RFC 4028)', () => {
  it.each([
    ['1800', { seconds: 1800 }],
    ['1800;refresher=uac', { seconds: 1800, refresher: 'uac' }],
    [' 90 ; x=y ; Refresher = UAS', { seconds: 90, refresher: 'uas' }],
    ['soon', undefined],
    ['99999999999', undefined],
  ])('%s is read (RFC 4028 §4)', (text, expected) => {
    expect(readSessionExpires(request(['Session-Expires', text]).headers)).toEqual(expected);
  });

  // RFC 4028 table 2: whether the caller knows timers, what it asks for; what the 2xx says
  it.each([
    [false, undefined, undefined],
    [false, '1200', 'uas'],
    [true, undefined, 'uac'],
    [true, '1200', 'uac'],
    [true, '1200;refresher=uac', 'uac'],
    [true, '1200;refresher=uas', 'uas'],
  ])('known %s and asked %s makes %s the refresher (RFC 4028 §9)', (known, asked, refresher) => {
    const headers: [string, string][] = asked === undefined ? [] : [['Session-Expires', asked]];
    const answer = answerInterval(request(...headers, ...(known ? [supported] : [])), options);
    const fields = new Map(answer?.fields.map(([name, value]) => [name, `${value}`]));
    const seconds = asked === undefined ? 1800 : 1200;
    const said = refresher === undefined ? undefined : `${seconds};refresher=${refresher}`;
    expect(fields.get('Session-Expires')).toBe(said);
    expect(fields.get('Require')).toBe(refresher === 'uac' ? 'timer' : undefined);
    expect(answer?.interval.weRefresh).toBe(
      refresher === undefined ? undefined : refresher === 'uas',
    );
  });

  it('is never answered with more than was asked for, nor with less than either minimum', () => {
    const short = sessionTimerOptions({ intervalSeconds: 300 });
    const answer = answerInterval(
      request(supported, ['Session-Expires', '3600'], ['Min-SE', '600']),
      short,
    );
    expect(answer?.interval.seconds).toBe(600);
    // by a proxy, for a caller that knows nothing of it
    const small = answerInterval(
      request(['Session-Expires', '120']),
      sessionTimerOptions({ minSeconds: 600 }),
    );
    expect(small?.interval.seconds).toBe(120);
    expect(answerInterval(request(['Session-Expires', '1']), options)?.interval.seconds).toBe(90);
  });

  it('is too short below our minimum, where its sender can hear of it', () => {
    const strict = sessionTimerOptions({ minSeconds: 600 });
    expect(isTooShort(request(supported, ['Session-Expires', '599']), strict)).toBe(true);
    expect(isTooShort(request(supported, ['Session-Expires', '600']), strict)).toBe(false);
    expect(isTooShort(request(['Session-Expires', '599']), strict)).toBe(false);
    expect(isTooShort(request(supported), strict)).toBe(false);
  });

  it('is asked for again after a 422 that wants more, and only then (RFC 4028 §7.3)', () => {
    const sent = request(supported, ['Session-Expires', '90;refresher=uas']);
    const refusal = (minSe?: string) =>
      createResponse(sent, 422, { headers: minSe === undefined ? [] : [['Min-SE', minSe]] });
    const again = afterTooSmall(sent, refusal('1000'));
    expect(again?.headers.raw('Session-Expires')).toEqual(['1000;refresher=uas']);
    expect(again?.headers.raw('Min-SE')).toEqual(['1000']);
    expect(afterTooSmall(sent, refusal())).toBeUndefined();
    expect(afterTooSmall(sent, refusal('90'))).toBeUndefined();
    expect(afterTooSmall(request(), refusal('1000'))).toBeUndefined();
  });

  it('in a 2xx says who refreshes; without it nobody does (RFC 4028 §7.2)', () => {
    const sent = request(supported, ['Session-Expires', '1800']);
    const ok = (value?: string) =>
      createResponse(sent, 200, {
        headers: value === undefined ? [] : [['Session-Expires', value]],
      });
    expect(agreedInterval(sent, ok('90;refresher=uas'), options)).toEqual({
      seconds: 90,
      weRefresh: false,
    });
    expect(agreedInterval(sent, ok('1;refresher=uac'), options)).toEqual({
      seconds: 90,
      weRefresh: true,
    });
    expect(agreedInterval(sent, ok(), options)).toBeUndefined();
    expect(agreedInterval(sent, ok(), { ...options, force: true })?.weRefresh).toBe(true);
  });
});

describe('the interval (RFC 4028 §10)', () => {
  // transaction_timing, "Session timer RFC 4028"
  it.each([
    [90, 45_000, 60_000],
    [96, 48_000, 64_000],
    [1800, 900_000, 1_768_000],
  ])('of %i s is refreshed after %i ms and ends after %i ms', (seconds, refresh, end) => {
    expect([refreshAfterMs(seconds), expireAfterMs(seconds)]).toEqual([refresh, end]);
  });

  it('is never below 90 s', () => {
    const { minSeconds, intervalSeconds } = sessionTimerOptions({
      minSeconds: 1,
      intervalSeconds: 2,
    });
    expect([minSeconds, intervalSeconds]).toEqual([90, 90]);
  });
});
