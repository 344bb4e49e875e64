import { describe, expect, it } from 'vitest';
import { formatIceCandidate, parseIceCandidate } from './ice-candidate.ts';

describe('a candidate (RFC 8839 §5.1)', () => {
  it.each([
    'candidate:1 1 udp 2130706431 10.0.1.1 8998 typ host',
    'candidate:2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.1.1 rport 8998',
    'candidate:H3+/ 2 udp 16777215 2001:db8::1 5000 typ relay raddr 192.0.2.9 rport 9',
    'candidate:842163049 1 udp 1677729535 203.0.113.1 51234 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag x network-cost 999',
    'candidate:9 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active',
    'candidate:7 1 udp 2113937151 1b2c3d4e-0a0b-4c5d-8e9f-001122334455.local 61665 typ host',
  ])('comes out as it went in: %s', (text) => {
    const candidate = parseIceCandidate(text);
    expect(candidate && formatIceCandidate(candidate)).toBe(text);
  });

  it('is typed', () => {
    expect(
      parseIceCandidate(
        'a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr ::1 rport 9',
      ),
    ).toEqual({
      foundation: '2',
      component: 1,
      transport: 'udp',
      priority: 1_694_498_815,
      address: '192.0.2.3',
      port: 45_664,
      type: 'srflx',
      relatedAddress: '::1',
      relatedPort: 9,
    });
  });

  it.each([
    '',
    'candidate:',
    'candidate:1 0 udp 1 10.0.0.1 1 typ host',
    'candidate:1 257 udp 1 10.0.0.1 1 typ host',
    'candidate:1 1 sctp 1 10.0.0.1 1 typ host',
    'candidate:1 1 udp 0 10.0.0.1 1 typ host',
    'candidate:1 1 udp 4294967295 10.0.0.1 1 typ host',
    'candidate:1 1 udp 1 999.0.0.1 1 typ host',
    'candidate:1 1 udp 1 10.0.0.1 65536 typ host',
    'candidate:1 1 udp 1 10.0.0.1 1 typ other',
    'candidate:1 1 udp 1 10.0.0.1 1 typ host odd',
    'candidate:1 1 udp 1 10.0.0.1 1 typ srflx raddr nowhere! rport 1',
    'candidate:1 1 udp 1 10.0.0.1 1 typ srflx raddr 10.0.0.2 rport 99999',
    'candidate:1 1 udp 1 10.0.0.1 1 typ host tcptype sideways',
    `candidate:${'1'.repeat(33)} 1 udp 1 10.0.0.1 1 typ host`,
    `candidate:1 1 udp 1 10.0.0.1 1 typ host x ${'y'.repeat(2000)}`,
  ])('is passed over: %s', (text) => expect(parseIceCandidate(text)).toBeUndefined());
});
