import type { EndReason, MediaStats } from '@strowger/session-core';
import { describe, expect, it } from 'vitest';
import { jsonReport, type PhoneEvent, wordReport } from './report.ts';

function said(events: PhoneEvent[], isTerminal = false): string {
  let text = '';
  const report = wordReport((more) => (text += more), isTerminal);
  for (const event of events) report.say(event);
  return text;
}

const facts = { by: 'remote', status: 480, cause: 16 } as const;
const stats: MediaStats = {
  codec: 'pcma',
  direction: 'sendrecv',
  packetsSent: 500,
  bytesSent: 80_000,
  packetsReceived: 495,
  bytesReceived: 79_200,
  packetsLost: 5,
  packetsDiscarded: 0,
  jitterMs: 1.25,
};

it('neither report controls a terminal, whatever the other side wrote', () => {
  const reason = '\u001b[2Jgone\u009b1m\u007f';
  const event: PhoneEvent = { type: 'capabilities', status: 486, reason, allow: [], ms: 1 };
  let json = '';
  jsonReport((line) => (json += line)).say(event);
  expect(said([event]).trimEnd()).not.toMatch(/\p{Cc}/u);
  expect(json.trimEnd()).not.toMatch(/\p{Cc}/u);
  expect(JSON.parse(json)).toEqual(event);
});

describe('the report in words', () => {
  it('lets the seconds of ringing tick in one line of a terminal', () => {
    const ringing = [0, 1, 2].map((seconds): PhoneEvent => ({ type: 'ringing', seconds }));
    const talking: PhoneEvent = { type: 'connected', with: 'sip:bob@pbx' };
    expect(said([...ringing, talking], true)).toBe(
      '\rringing … 0 s\rringing … 1 s\rringing … 2 s\ntalking with sip:bob@pbx\n',
    );
    expect(said([...ringing, talking])).toBe('ringing …\ntalking with sip:bob@pbx\n');
  });

  it('says how a registration stands', () => {
    expect(
      said([
        { type: 'listening', contact: 'sip:alice@127.0.0.1:5071' },
        { type: 'registrationFailed', retryMs: 1500 },
        { type: 'registered', expiresSeconds: 300 },
        { type: 'registrationFailed', status: 403 },
      ]),
    ).toBe(
      'listening at sip:alice@127.0.0.1:5071\n' +
        'not registered: no answer; again in 2 s\n' +
        'registered for 300 s\n' +
        'not registered: the answer was 403; giving up\n',
    );
  });

  it('sums a call up: codec, packets, loss, jitter, round trip', () => {
    const reason: EndReason = { kind: 'hungUp', by: 'local', status: 200, cause: 16 };
    const ended = { type: 'ended', reason, talkedMs: 9960, stats } as const;
    expect(said([ended])).toBe(
      'we hung up\ntalked for 10.0 s\ncodec pcma, sent 500 packets, heard 495\n' +
        'lost 5 (1.0 %), jitter 1.3 ms, round trip not reported\n',
    );
    expect(said([{ ...ended, stats: { ...stats, roundTripMs: 20.04 } }])).toContain(
      'round trip 20.0 ms',
    );
  });

  it.each<[EndReason, string]>([
    [{ kind: 'hungUp', ...facts, text: 'bye' }, 'they hung up (bye)'],
    [{ kind: 'rejected', ...facts }, 'refused with 480'],
    [{ kind: 'cancelled', answeredElsewhere: false, ...facts }, 'given up before it was answered'],
    [{ kind: 'timeout', phase: 'ring', ...facts }, 'nobody answered'],
    [{ kind: 'timeout', phase: 'invite', ...facts }, 'no answer from the network'],
    [{ kind: 'transportFailed', code: 'NO_ROUTE', ...facts }, 'no way to the other side'],
    [{ kind: 'mediaFailed', code: 'MEDIA_FAILED', ...facts }, 'media failed: MEDIA_FAILED'],
    [{ kind: 'dialogLost', ...facts }, 'the other side lost the call'],
  ])('names the end %o', (reason, words) =>
    expect(said([{ type: 'ended', reason, talkedMs: 0 }])).toBe(`${words}\n`),
  );

  it('lets nobody control the terminal', () => {
    const heard = [{ type: 'incoming', from: 'sip:\u001b[2Jeve@pbx' } as const];
    expect(said(heard)).toBe('sip:\ufffd[2Jeve@pbx calls\n');
  });

  it('names everything else', () => {
    expect(
      said([
        { type: 'calling', target: 'bob' },
        { type: 'incoming', from: 'sip:bob@pbx' },
        { type: 'digit', digit: '#' },
        { type: 'sound', text: 'no microphone' },
        { type: 'capabilities', status: 200, reason: 'OK', allow: [], ms: 1.25 },
        { type: 'error', message: 'the port is taken' },
      ]).split('\n'),
    ).toEqual([
      'calling bob',
      'sip:bob@pbx calls',
      'digit #',
      'no microphone',
      '200 OK after 1.3 ms; allows nothing that it says',
      'error: the port is taken',
      '',
    ]);
  });
});

describe('the report for programs', () => {
  it('is an object a line', () => {
    let text = '';
    const report = jsonReport((line) => (text += line));
    report.say({ type: 'ringing', seconds: 0 });
    report.say({ type: 'digit', digit: '5' });
    expect(text).toBe('{"type":"ringing","seconds":0}\n{"type":"digit","digit":"5"}\n');
  });
});
