import { SipRequest, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { readRegister } from './register-request.ts';

const limits = { minSeconds: 60, maxSeconds: 7200, defaultSeconds: 3600 };

function read(...headers: [string, string][]): ReturnType<typeof readRegister> {
  const request = new SipRequest({ method: 'REGISTER', uri: uri('sip:pbx.example'), headers });
  return readRegister(request, limits);
}

function expiresOf(...headers: [string, string][]): number | undefined {
  const result = read(...headers);
  if (!result.ok || result.command.kind !== 'update') return undefined;
  return result.command.contacts[0]?.expiresSeconds;
}

describe('a REGISTER (RFC 3261 §10.3)', () => {
  it('without Contact is a query (RFC 3261 §10.2.3)', () =>
    expect(read()).toEqual({ ok: true, command: { kind: 'query' } }));

  it('says for how long in the parameter, in the header, or not at all (RFC 3261 §10.2.1.1)', () => {
    expect(expiresOf(['Contact', '<sip:a@b>;expires=100'], ['Expires', '200'])).toBe(100);
    expect(expiresOf(['Contact', '<sip:a@b>'], ['Expires', '200'])).toBe(200);
    expect(expiresOf(['Contact', '<sip:a@b>'])).toBe(3600);
  });

  it('gets no more than the longest time', () =>
    expect(expiresOf(['Contact', '<sip:a@b>;expires=4294967295'])).toBe(7200));

  it('with a malformed time counts as an hour', () =>
    expect(expiresOf(['Contact', '<sip:a@b>;expires=-1'])).toBe(3600));

  it('for too brief a time is told the shortest (RFC 3261 §10.2.8)', () =>
    expect(read(['Contact', '<sip:a@b>;expires=59'])).toEqual({
      ok: false,
      refusal: { status: 423, minExpires: 60 },
    }));

  it('may remove everything, with Expires 0 alone (RFC 3261 §10.2.2)', () => {
    expect(read(['Contact', '*'], ['Expires', '0'])).toEqual({
      ok: true,
      command: { kind: 'removeAll' },
    });
    expect(read(['Contact', '*'], ['Expires', '1'])).toMatchObject({ refusal: { status: 400 } });
    expect(read(['Contact', '*'])).toMatchObject({ refusal: { status: 400 } });
  });

  it('prefers contacts by q (RFC 3261 §10.2.1.2)', () => {
    const result = read(['Contact', '<sip:a@b>;q=0.25, <sip:c@d>;q=7, <sip:e@f>']);
    expect(result).toMatchObject({ command: { contacts: [{ q: 0.25 }, { q: 1 }, { q: 1 }] } });
  });

  it('for an address that no INVITE can be sent to is refused', () =>
    expect(read(['Contact', '<mailto:a@b>'])).toMatchObject({ refusal: { status: 400 } }));
});
