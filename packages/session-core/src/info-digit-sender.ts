import type { Dialog } from '@strowger/dialog-core';
import { StrowgerError } from '@strowger/runtime';

const DEFAULT_DURATION_MS = 100;
/** More at once would keep a dialog busy for minutes. */
const LONGEST = 64;

/** @internal Digits to send by INFO. */
export interface InfoDigits {
  /** `0-9*#A-D`. */
  readonly digits: string;
  readonly durationMs?: number | undefined;
  /** The body: `Signal=` and `Duration=`, or the digit alone. */
  readonly infoType?: 'dtmf-relay' | 'dtmf' | undefined;
}

/**
 * @internal Sends digits by INFO, each when the one before was answered, as they would overtake each
 * other else. Rejects with `MEDIA_BAD_DIGITS`, `DIGITS_REFUSED` where the peer takes none.
 */
export async function sendInfoDigits(
  dialog: Dialog | undefined,
  { digits, durationMs = DEFAULT_DURATION_MS, infoType = 'dtmf-relay' }: InfoDigits,
): Promise<void> {
  if (!/^[0-9*#A-D]+$/iu.test(digits) || digits.length > LONGEST) {
    throw new StrowgerError('MEDIA_BAD_DIGITS', `Digits are 1 to ${LONGEST} of 0-9*#A-D`);
  }
  if (dialog === undefined) throw new StrowgerError('SESSION_STATE', 'the call is not answered');
  for (const digit of digits.toUpperCase()) {
    const relayed = `Signal=${digit}\r\nDuration=${Math.round(durationMs)}\r\n`;
    const content = infoType === 'dtmf' ? digit : relayed;
    await send(dialog, { type: `application/${infoType}`, content });
  }
}

function send(dialog: Dialog, body: { type: string; content: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string): void =>
      reject(new StrowgerError('DIGITS_REFUSED', `the peer took no INFO with a digit: ${why}`));
    dialog.request(
      'INFO',
      { body },
      {
        onResponse: ({ status, reason }) =>
          status < 300 ? resolve() : refuse(`${status} ${reason}`),
        onFailed: ({ kind }) => refuse(kind),
      },
    );
  });
}
