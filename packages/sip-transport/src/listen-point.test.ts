import { describe, expect, it } from 'vitest';
import { checkListenPoint, parseListenPoint } from './listen-point.ts';

describe('a listen point', () => {
  it.each([
    ['udp:127.0.0.1:5060', { transport: 'udp', address: '127.0.0.1', port: 5060 }],
    ['TCP:[::1]:0', { transport: 'tcp', address: '::1', port: 0 }],
    ['tcp:[2001:DB8::0:1]:65535', { transport: 'tcp', address: '2001:db8::1', port: 65535 }],
    ['tls:127.0.0.1', { transport: 'tls', address: '127.0.0.1', port: 5061 }],
    ['udp:0.0.0.0', { transport: 'udp', address: '0.0.0.0', port: 5060 }],
  ])('reads %s', (text, point) => {
    expect(parseListenPoint(text)).toEqual(point);
  });

  it.each([
    'sctp:127.0.0.1:5061',
    'udp:localhost:5060',
    'udp:::1:5060',
    'udp:[127.0.0.1]:5060',
    'udp:127.0.0.1:65536',
    'udp:127.0.0.1:',
    'udp:999.0.0.1:5060',
    '127.0.0.1:5060',
    '',
  ])('refuses %j and says what is allowed', (text) => {
    expect(() => parseListenPoint(text)).toThrow(
      expect.objectContaining({
        code: 'BAD_LISTEN_POINT',
        message: expect.stringContaining('udp:127.0.0.1:5060'),
      }),
    );
  });

  it('is checked when it is given as an object', () => {
    const point = { transport: 'udp', address: '::0', port: 1 } as const;
    expect(checkListenPoint(point).address).toBe('::');
    expect(() => checkListenPoint({ ...point, port: 1.5 })).toThrow(/cannot listen on/);
  });
});
