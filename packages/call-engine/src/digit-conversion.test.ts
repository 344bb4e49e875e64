import { silentLogger } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { DigitConversion } from './digit-conversion.ts';

/** A call whose callee's end sends digits when it is let go. */
function stuck(): { conversion: DigitConversion; sent: string[]; letGo: () => void } {
  const sent: string[] = [];
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
    call: 'one',
    // of its media a conversion uses the ends' digits alone
    media: () => ({ endOf: () => end }) as never,
    sessionOf: () => undefined,
  });
  return { conversion, sent, letGo };
}

describe('digits that come faster than they can be sent', () => {
  it('wait, 32 of them, in their order; what comes beyond is refused, or dropped', async () => {
    const { conversion, sent, letGo } = stuck();
    const digit = { digit: '1', durationMs: 100 };
    const waiting = Array.from({ length: 32 }, () => conversion.convert('caller', digit));
    expect(await conversion.convert('caller', { ...digit, digit: '2' })).toBe('full');
    conversion.heard('caller', { ...digit, digit: '3' });
    letGo();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['sent']));
    expect(sent.join('')).toBe('1'.repeat(32));
    expect(await conversion.convert('caller', { ...digit, digit: '4' })).toBe('sent');
  });
});
