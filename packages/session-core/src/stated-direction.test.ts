import { describe, expect, it } from 'vitest';
import { mirrored, statedDirection } from './stated-direction.ts';

const sdp = (...lines: string[]): string => ['v=0', 's=-', ...lines, ''].join('\r\n');
const AUDIO = 'm=audio 4000 RTP/AVP 0';

describe('the direction that a description states', () => {
  it.each([
    ['nothing is both', sdp(AUDIO), 'sendrecv'],
    ['its line', sdp(AUDIO, 'a=sendonly'), 'sendonly'],
    ['the whole', sdp('a=recvonly', AUDIO, 'a=ptime:20'), 'recvonly'],
    ['its line before the whole', sdp('a=recvonly', AUDIO, 'a=sendrecv'), 'sendrecv'],
    ['of audio, not of video', sdp('m=video 5000 RTP/AVP 96', 'a=inactive', AUDIO), 'sendrecv'],
    ['audio that is refused', sdp('m=audio 0 RTP/AVP 0', 'a=sendrecv'), 'inactive'],
    ['no audio', sdp('m=video 5000 RTP/AVP 96'), 'inactive'],
    ['line ends alone', 'v=0\nm=audio 4000 RTP/AVP 0\na=inactive\n', 'inactive'],
    ['no description', 'nonsense', 'inactive'],
  ] as const)('%s', (_, text, direction) => {
    expect(statedDirection(text)).toBe(direction);
  });

  it('is the other way round for the other side', () => {
    expect((['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).map(mirrored)).toEqual([
      'sendrecv',
      'recvonly',
      'sendonly',
      'inactive',
    ]);
  });
});
