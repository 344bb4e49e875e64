import { StrowgerError } from '@strowger/runtime';

/** Throws `BAD_STATUS` unless 100 to 199. */
export function checkProvisional(status: number): void {
  check(status, 100, 199);
}

/** Throws `BAD_STATUS` unless 300 to 699. */
export function checkRefusal(status: number): void {
  check(status, 300, 699);
}

const OWN_VERBS: readonly string[] = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'PRACK', 'UPDATE'];

/** Throws `BAD_METHOD` for the methods that have a verb of their own. */
export function checkMethod(method: string): void {
  if (!OWN_VERBS.includes(method)) return;
  throw new StrowgerError('BAD_METHOD', `${method} is not sent by request()`);
}

function check(status: number, from: number, to: number): void {
  if (Number.isInteger(status) && status >= from && status <= to) return;
  throw new StrowgerError('BAD_STATUS', `${status} is not a status from ${from} to ${to}`);
}
