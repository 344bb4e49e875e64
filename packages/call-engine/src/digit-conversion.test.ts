import { silentLogger } from '@strowger/runtime';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { DigitConversion } from './digit-conversion.ts';

/** A call whose callee's end sends digits when it is let go. */
function stuck() {
  const sent: string[] = [];
  const said: string[] = [];
  let letGo = (): void => {};
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const end = {
    sendDigits: async (digit: string): Promise<void> => {
      await gate;
      sent.push(digit);
    },
  };
  const conversion = new DigitConversion({
    logger: silentLogger,
    clock: createSimulation({ seed: 1 }).clock,
    call: 'one',
    // of its media a conversion uses the ends' digits alone
    media: () => ({ endOf: () => end }) as never,
    sessionOf: () => undefined,
    onDigit: (from, digit) => said.push(`${from} ${digit}`),
  });
  return { conversion, sent, said, letGo: () => letGo() };
}

describe('digits that come faster than they can be sent', () => {
  it('wait, 32 of them, in their order; what comes beyond is refused, or dropped', async () => {
    const { conversion, sent, letGo } = stuck();
    const digit = { digit: '1', durationMs: 100 };
    const waiting = Array.from({ length: 32 }, () => conversion.convert('caller', digit));
    expect(await conversion.convert('caller', { ...digit, digit: '2' })).toBe('full');
    conversion.heard('caller', { ...digit, digit: '3', passed: false });
    letGo();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['sent']));
    expect(sent.join('')).toBe('1'.repeat(32));
    expect(await conversion.convert('caller', { ...digit, digit: '4' })).toBe('sent');
  });
});

describe('a phone that says each digit in media and by INFO', () => {
  const [one, two] = [
    { digit: '1', durationMs: 100 },
    { digit: '2', durationMs: 100 },
  ];

  it('is heard once, whichever comes first, and again where it presses again', async () => {
    const { conversion, sent, said, letGo } = stuck();
    letGo();
    // an event that passed, and its INFO behind it
    conversion.heard('caller', { ...one, passed: true });
    expect(await conversion.convert('caller', one)).toBe('sent');
    // an INFO, and what media heard of the same key
    expect(await conversion.convert('caller', two)).toBe('sent');
    conversion.heard('caller', { ...two, passed: false });
    conversion.heard('caller', { ...one, passed: false });
    await Promise.resolve();
    expect(await conversion.convert('callee', one)).toBe('sent');
    expect(said).toEqual(['caller 1', 'caller 2', 'caller 1', 'callee 1']);
    expect(sent).toEqual(['2', '1', '1']);
  });
});
