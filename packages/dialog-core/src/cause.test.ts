import { Headers, SipResponse } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import {
  causeFields,
  causeOfRequest,
  causeOfResponse,
  q850OfStatus,
  reasonsOf,
  statusOfQ850,
} from './cause.ts';

describe('SIP statuses and Q.850 causes (RFC 3398)', () => {
  it.each([
    [404, 1],
    [480, 18],
    [486, 17],
    [600, 17],
    [200, 16],
    [302, 23],
    [499, 41],
    [699, 127],
  ])('%i is cause %i', (status, cause) => {
    expect(q850OfStatus(status)).toBe(cause);
  });

  it.each([404, 486, 403, 410, 484, 488, 501, 503, 504, 408])(
    '%i stays what it is, or of its kind, by way of Q.850',
    (status) => {
      const back = statusOfQ850(q850OfStatus(status));
      expect(q850OfStatus(back)).toBe(q850OfStatus(status));
    },
  );

  it('gives every cause a status from 400 on, and every status a cause', () => {
    for (let cause = 1; cause <= 127; cause++) {
      expect(statusOfQ850(cause)).toBeGreaterThanOrEqual(400);
    }
    for (let status = 200; status < 700; status++) {
      expect(q850OfStatus(status)).toBeGreaterThan(0);
      expect(q850OfStatus(status)).toBeLessThan(128);
    }
  });
});

describe('a cause on the wire', () => {
  const headers = (...fields: [string, string][]): Headers => new Headers(fields);

  it('is read of a refusal: Reason, Warning, Retry-After (RFC 3326)', () => {
    const response = new SipResponse({
      status: 503,
      reason: 'Busy',
      headers: [
        ['Reason', 'Q.850;cause=34;text="no circuit"'],
        ['Warning', '399 gw "all trunks busy"'],
        ['Retry-After', '30'],
      ],
    });
    const cause = causeOfResponse(response);
    expect(cause).toMatchObject({
      status: 503,
      q850: 34,
      text: 'no circuit',
      warnings: [{ code: 399, agent: 'gw', text: 'all trunks busy' }],
      retryAfter: { seconds: 30 },
    });
    const again = new Headers(causeFields(cause));
    expect(reasonsOf(again)).toEqual({ sip: 503, q850: 34, text: 'no circuit' });
    expect(again.get('warning')).toEqual(response.headers.get('warning'));
    expect(again.get('retry-after')?.seconds).toBe(30);
  });

  it('falls back on the tables and the reason phrase', () => {
    const cause = causeOfResponse({ status: 404, reason: 'Nobody', headers: headers() });
    expect(cause).toMatchObject({ q850: 1, text: 'Nobody', warnings: [] });
  });

  it('is read of a BYE or CANCEL, with several protocols and nonsense among them (RFC 3326 §2)', () => {
    const both = headers([
      'Reason',
      'SIP;cause=200;text="Call completed elsewhere", Q.850;cause=26',
    ]);
    expect(causeOfRequest({ headers: both })).toMatchObject({ status: 200, q850: 26 });
    const odd = headers(['Reason', 'Q.850;cause=999, SIP;cause=7, X.25;cause=3']);
    expect(causeOfRequest({ headers: odd })).toMatchObject({ status: 200, q850: 16 });
    const busy = headers(['Reason', 'q.850;cause=17']);
    expect(causeOfRequest({ headers: busy })).toMatchObject({ status: 486, q850: 17 });
  });

  it('lets no line break of a peer into a header', () => {
    const fields = new Headers(causeFields({ q850: 16, text: 'a\r\nEvil: 1' }));
    expect(fields.names()).toEqual(['reason']);
  });
});
