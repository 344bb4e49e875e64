import { StrowgerError } from '@strowger/runtime';
import type { DigitsCommand } from '../core/core-api.ts';
import type { DigitOptions } from './media-capabilities.ts';

/** What a core is told to send. @throws StrowgerError `MEDIA_BAD_DIGITS`. */
export function digitsCommand(
  digits: string,
  { durationMs = 100, gapMs = 100, via = 'auto', once = false }: DigitOptions,
): Omit<DigitsCommand, 'id'> {
  const isFit = /^[0-9*#A-D]{1,64}$/i.test(digits);
  if (!isFit || !(durationMs >= 40 && durationMs <= 8000) || !(gapMs >= 40 && gapMs <= 8000)) {
    const message = 'Digits are 1 to 64 of 0-9*#A-D; durations and gaps are 40 to 8000 ms';
    throw new StrowgerError('MEDIA_BAD_DIGITS', message);
  }
  return { digits: digits.toUpperCase(), durationMs, gapMs, via, once };
}
