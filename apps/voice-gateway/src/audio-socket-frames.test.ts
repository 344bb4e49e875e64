import { describe, expect, it } from 'vitest';
import {
  audioFrame,
  AudioSocketReader,
  digitFrame,
  hangUpFrame,
  kindOf,
  uuidFrame,
} from './audio-socket-frames.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** By hand, after the protocol's definition in Asterisk's documentation ("AudioSocket"). */
describe('frames of AudioSocket', () => {
  it('name the call first, carry audio and digits, and say goodbye', () => {
    expect(uuidFrame('40325ec2-5efd-4bd3-805f-53576e581d13')).toEqual(
      bytes('01 0010 40325ec25efd4bd3805f53576e581d13'),
    );
    expect(audioFrame(Int16Array.of(1, -2, 0x1234), 8000)).toEqual(bytes('10 0006 0100 feff 3412'));
    expect(audioFrame(Int16Array.of(1), 16_000)).toEqual(bytes('12 0002 0100'));
    expect(digitFrame('#')).toEqual(bytes('03 0001 23'));
    expect(hangUpFrame()).toEqual(bytes('00 0000'));
  });

  it('have a kind for each rate', () => {
    const rates = [8000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];
    expect(rates.map(kindOf)).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24]);
    expect(kindOf(11_025)).toBeUndefined();
  });

  it('are read however the stream is cut', () => {
    const stream = bytes('10 0004 0100 feff 03 0001 35 13 0002 0700 ff 0001 02 00 0000');
    const whole = [...new AudioSocketReader().push(stream)];
    expect(whole).toEqual([
      { type: 'audio', samples: Int16Array.of(1, -2), sampleRate: 8000 },
      { type: 'digit', digit: '5' },
      { type: 'audio', samples: Int16Array.of(7), sampleRate: 24_000 },
      { type: 'error', code: '02' },
      { type: 'hangUp' },
    ]);
    const reader = new AudioSocketReader();
    const single = [...stream].flatMap((byte) => [...reader.push(Buffer.of(byte))]);
    expect(single).toEqual(whole);
  });

  it.each([
    ['10 0003 010203', 'half a sample'],
    ['42 0000', 'kind 0x42'],
    ['01 0010 40325ec25efd4bd3805f53576e581d13', 'kind 0x01'],
    ['03 0001 41 03 0001 78', 'a digit that is none'],
    ['03 0002 3131', 'a digit that is none'],
  ])('are refused: %s', (hex, why) => {
    const frames = [...new AudioSocketReader().push(bytes(hex))];
    expect(frames.at(-1)).toEqual({ type: 'bad', why });
  });
});
