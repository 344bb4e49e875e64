import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { parseMessage, type SipMessage, uri, validateMessage, Via } from '../src/index.ts';
import { optionsWith } from './check-inputs.ts';

function parsed(bytes: Buffer): SipMessage {
  const outcome = parseMessage(bytes);
  if (outcome.ok) return outcome.value;
  throw new Error(`${outcome.refusal.message} at ${outcome.refusal.at}`);
}

describe('IPv6 (RFC 5954, RFC 5118)', () => {
  it.each([
    ['::', '[::]'],
    ['::1', '[::1]'],
    ['2001:DB8::10', '[2001:DB8::10]:5070'],
    ['1:2:3:4:5:6:7:8', '[1:2:3:4:5:6:7:8]'],
    ['::ffff:192.0.2.10', '[::ffff:192.0.2.10]'],
    ['1:2:3:4:5:6:192.0.2.1', '[1:2:3:4:5:6:192.0.2.1]'],
    ['1::8', '[1::8]'],
  ])('is a host in brackets: %s', (host, text) => {
    const target = uri(`sip:${text};lr`);
    expect('host' in target && target.host).toBe(host.toLowerCase());
    expect(String(target)).toBe(`sip:${text};lr`);
    expect(new Via({ transport: 'UDP', host }).toString()).toContain(`[${host.toLowerCase()}]`);
  });

  it('is refused without brackets in a Request-URI (RFC 5118 §4.2)', () => {
    const text = optionsWith({}).toString().replace('sip:b@b.example', 'sip:2001:db8::10');
    const outcome = parseMessage(Buffer.from(text));
    expect(outcome.ok || outcome.refusal.status).toBe(400);
  });

  it('may have its port doubtful: 5070 is a group of this address (RFC 5118 §4.3)', () => {
    const target = uri('sip:[2001:db8::10:5070]');
    expect('port' in target && target.port).toBeUndefined();
    const other = uri('sip:[2001:db8::10]:5070');
    expect('port' in other && other.port).toBe(5070);
  });

  it.each(['[2001:db8::9:255]', '2001:db8::9:255'])(
    'is read in received with and without brackets (RFC 5118 §4.5): %s',
    (received) => {
      const message = parsed(
        optionsWith({ Via: `SIP/2.0/UDP [2001:db8::9:1];received=${received}` }),
      );
      expect(validateMessage(message)).toBeUndefined();
      expect(message.via.received).toBe(received);
      expect(message.via.host).toBe('2001:db8::9:1');
    },
  );

  it('stands beside IPv4 in the same message (RFC 5118 §4.7)', () => {
    const message = parsed(
      optionsWith(
        { Via: 'SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bK1, SIP/2.0/TCP 192.0.2.1' },
        [
          'Contact: "A" <sip:a@[2001:db8::9:1]>, <sip:a@192.0.2.1>',
          'Route: <sip:[::ffff:192.0.2.2]:5061;lr>',
        ],
      ),
    );
    expect(validateMessage(message)).toBeUndefined();
    expect(message.headers.get('via')?.map(({ host }) => host)).toEqual([
      '2001:db8::9:1',
      '192.0.2.1',
    ]);
  });
});
