import { describe, expect, it } from 'vitest';
import { EventReceiver, EventSender, type ReceivedDigit, writeEvent } from './telephone-event.ts';

interface Sent {
  code: number;
  end: boolean;
  duration: number;
  timestamp: number;
  first: boolean;
}

function send(digits: string, slots: number): { sent: (Sent | 'audio')[]; done: boolean } {
  const sender = new EventSender();
  const sent: (Sent | 'audio')[] = [];
  let done = false;
  sender.send({ digits, duration: 640, gap: 480, done: (all) => (done = all) });
  for (let slot = 0; slot < slots; slot++) {
    const payload = new Uint8Array(4);
    const step = sender.next((0xffff_ff00 + slot * 160) >>> 0, 160, payload);
    if (step.kind !== 'packet') {
      sent.push('audio');
      continue;
    }
    const { first, timestamp } = step;
    const duration = new DataView(payload.buffer).getUint16(2);
    sent.push({
      code: payload[0] ?? -1,
      end: (payload[1] ?? 0) >= 0x80,
      duration,
      timestamp,
      first,
    });
  }
  return { sent, done };
}

describe('sending digits (RFC 4733 §2.5.1)', () => {
  it('marks the start, counts the duration, and says the end three times', () => {
    const { sent } = send('5', 6);
    const timestamp = 0xffff_ff00;
    const event = { code: 5, timestamp, end: false, first: false };
    expect(sent).toEqual([
      { ...event, duration: 160, first: true },
      { ...event, duration: 320 },
      { ...event, duration: 480 },
      { ...event, duration: 640, end: true },
      { ...event, duration: 640, end: true },
      { ...event, duration: 640, end: true },
    ]);
  });

  it('leaves a gap between digits, in which audio goes', () => {
    const { sent, done } = send('1#', 16);
    const starts = sent.flatMap((one, slot) => (one !== 'audio' && one.first ? [slot] : []));
    expect(starts).toEqual([0, 7]);
    expect(sent[6]).toBe('audio');
    expect(sent[7]).toMatchObject({ code: 11 });
    expect(done).toBe(true);
  });
});

/** Packets as `[code, timestamp, duration, end]`. */
type Packet = [code: number, timestamp: number, duration: number, end?: boolean];

function receive(packets: Packet[], finish = false): ReceivedDigit[] {
  const told: ReceivedDigit[] = [];
  const receiver = new EventReceiver((digit) => told.push(digit));
  packets.forEach(([code, timestamp, duration, end = false], at) => {
    const payload = new Uint8Array(4);
    writeEvent(payload, { code, duration, end });
    receiver.receive(payload, timestamp, at * 20);
  });
  if (finish) receiver.finish(10_000);
  return told;
}

describe('receiving digits (RFC 4733 §2.5.2)', () => {
  const FIVE = [{ digit: '5', duration: 320 }];

  it.each<[string, Packet[]]>([
    [
      'an event with three ends',
      [
        [5, 1, 160],
        [5, 1, 320, true],
        [5, 1, 320, true],
        [5, 1, 320, true],
      ],
    ],
    ['an event of which only an end came', [[5, 1, 320, true]]],
    [
      'an update behind the end',
      [
        [5, 1, 320, true],
        [5, 1, 160],
      ],
    ],
    [
      'an event whose timestamp changes with every packet',
      [
        [5, 1, 160],
        [5, 161, 200],
        [5, 321, 320],
        [5, 481, 320, true],
        [5, 641, 320, true],
        [5, 801, 320, true],
      ],
    ],
    [
      'packets doubled on their way',
      [
        [5, 1, 160],
        [5, 1, 160],
        [5, 1, 320, true],
        [5, 1, 320, true],
      ],
    ],
  ])('tells once %s', (_, packets) => {
    expect(receive(packets)).toEqual(FIVE);
  });

  it('tells an event whose end was lost when the next begins', () => {
    expect(
      receive([
        [5, 1, 160],
        [5, 1, 320],
        [6, 2000, 160, true],
      ]),
    ).toEqual([...FIVE, { digit: '6', duration: 160 }]);
  });

  it('tells an event whose end was lost when nothing more comes', () => {
    expect(
      receive(
        [
          [5, 1, 160],
          [5, 1, 320],
        ],
        true,
      ),
    ).toEqual(FIVE);
  });

  it('takes no further press for the same event, whose end was lost, or which lasts as long', () => {
    expect(
      receive([
        [5, 1, 160],
        [5, 1, 320],
        [5, 900, 160],
        [5, 900, 320, true],
      ]),
    ).toEqual([...FIVE, ...FIVE]);
    expect(
      receive([
        [5, 1, 320, true],
        [5, 900, 160],
        [5, 900, 320, true],
      ]),
    ).toEqual([...FIVE, ...FIVE]);
  });

  it('tells the same digit twice when it was pressed twice', () => {
    expect(
      receive([
        [5, 1, 320, true],
        [5, 900, 320, true],
      ]),
    ).toEqual([...FIVE, ...FIVE]);
  });

  it('does not go back to an event that is over', () => {
    expect(
      receive([
        [5, 1, 320, true],
        [6, 900, 160, true],
        [5, 1, 320, true],
      ]),
    ).toHaveLength(2);
  });

  it('adds up the segments of a long event (RFC 4733 §2.5.1.3)', () => {
    const long: Packet[] = [
      [5, 0, 0xffff],
      [5, 0xffff, 160],
      [5, 0xffff, 320, true],
    ];
    expect(receive(long)).toEqual([{ digit: '5', duration: 0xffff + 320 }]);
  });

  it('knows digits only, and no more of them than a hand can press (M10)', () => {
    expect(
      receive([
        [16, 1, 160, true],
        [255, 2, 160, true],
      ]),
    ).toEqual([]);
    const flood = Array.from({ length: 50 }, (_, at): Packet => [1, at * 10 + 1, 5, true]);
    expect(receive(flood).length).toBeLessThanOrEqual(25);
  });
});
