import { describe, expect, it } from 'vitest';
import { readCommandLine, readDuration, readPlaySource } from './command-line.ts';

const read = (line: string, env = {}): unknown => readCommandLine(line.split(' '), env);

describe('the command line', () => {
  it('reads a call with everything', () => {
    const line =
      'call sip:*43@pbx -u sip:alice@pbx -p x --play tone:440 --record a.wav --dtmf 12# --duration 10s --json';
    expect(read(line)).toMatchObject({
      command: 'call',
      target: 'sip:*43@pbx',
      options: {
        user: 'sip:alice@pbx',
        password: 'x',
        play: { type: 'tone', frequencyHz: 440 },
        record: 'a.wav',
        dtmf: '12#',
        durationMs: 10_000,
        transport: 'udp',
        json: true,
      },
    });
  });

  it('takes the password from the environment, where the process list does not show it', () => {
    expect(read('register', { STROWGER_PASSWORD: 'secret' })).toMatchObject({
      command: 'register',
      options: { password: 'secret' },
    });
  });

  it.each([
    'call',
    'call x --transport sctp',
    'call x --dtmf 12x',
    'dance',
    'call x --duration ten',
  ])('refuses "%s"', (line) => expect(() => read(line)).toThrow());

  it('reads times and tones', () => {
    expect(['250ms', '10s', '2m', '1.5', '1h'].map(readDuration)).toEqual([
      250, 10_000, 120_000, 1500, 3_600_000,
    ]);
    expect(readPlaySource('hello.wav')).toEqual({ type: 'file', path: 'hello.wav' });
    expect(() => readPlaySource('tone:5')).toThrow('from 50 to 3800 Hz');
  });
});
