import { printable } from '@strowger/runtime';
import type { SipMessage } from '@strowger/sip-message';
import { StepFailed } from './step-failed.ts';

/**
 * What a scenario waits for: a status (`200`), a class of them (`'1xx'`), a method (`'BYE'`), a
 * judgement of one's own, or one of several of these.
 */
export type Pattern = Single | readonly Single[];
type Single = number | string | ((message: SipMessage) => boolean);

/** Whether a message is what is waited for. */
export function matches(message: SipMessage, pattern: Pattern): boolean {
  if (isList(pattern)) return pattern.some((one) => matchesOne(message, one));
  return matchesOne(message, pattern);
}

/** A pattern in words. */
export function describePattern(pattern: Pattern): string {
  if (isList(pattern)) return pattern.map(describePattern).join(' or ');
  return typeof pattern === 'function' ? 'an answer' : String(pattern);
}

/** A message in words that are the same for equal cases, and fit to be printed. */
export function describeMessage(message: SipMessage): string {
  if (message.kind === 'request') return message.method;
  return printable(`${message.status} ${message.reason}`);
}

/** Something else came. */
export function unexpected(message: SipMessage, pattern: Pattern): StepFailed {
  const [came, wanted] = [describeMessage(message), describePattern(pattern)];
  return new StepFailed('unexpected', `${came} came, waited for ${wanted}`);
}

function isList(pattern: Pattern): pattern is readonly Single[] {
  return Array.isArray(pattern);
}

function matchesOne(message: SipMessage, pattern: Single): boolean {
  if (typeof pattern === 'function') return pattern(message);
  if (message.kind === 'request') return message.method === pattern;
  if (typeof pattern === 'number') return message.status === pattern;
  return `${Math.floor(message.status / 100)}xx` === pattern.toLowerCase();
}
