import { isName, readObject } from './json-message.ts';
import type { CallFacts } from './program-link.ts';

/** What the gateway tells a program in a text message; audio goes in binary ones. */
export type PcmNotice =
  | ({ type: 'start'; sampleRate: number } & CallFacts)
  | { type: 'digit'; digit: string; durationMs: number }
  | { type: 'speechStarted'; agoMs: number }
  | { type: 'speechEnded'; durationMs: number }
  | { type: 'mark'; name: string; reached: boolean }
  | { type: 'stop'; reason: string };

/** What a program asks for in a text message. */
export type PcmRequest =
  | { type: 'mark'; name: string }
  | { type: 'clear' }
  | { type: 'digits'; digits: string }
  | { type: 'hangUp' }
  /** Nothing of the kind. */
  | { type: 'bad'; why: string };

/** Reads a text message of a program. */
export function readPcm(text: string): PcmRequest {
  const message = readObject(text);
  if (typeof message === 'string') return { type: 'bad', why: message };
  const { type, name, digits } = message;
  switch (type) {
    case 'mark':
      return isName(name) ? { type, name } : { type: 'bad', why: 'name is no name' };
    case 'digits':
      return typeof digits === 'string' && /^[0-9*#A-D]{1,64}$/.test(digits)
        ? { type, digits }
        : { type: 'bad', why: 'digits are 1 to 64 of 0-9*#A-D' };
    case 'clear':
    case 'hangUp':
      return { type };
    default:
      return { type: 'bad', why: 'type is none of mark, clear, digits, hangUp' };
  }
}
