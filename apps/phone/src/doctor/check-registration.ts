import { type Clock, StrowgerError, within } from '@strowger/runtime';
import type { SipClient } from '@strowger/sip-client';
import { bad, type Finding, good } from './finding.ts';

const PATIENCE_MS = 10_000;

/** Whether the account can be registered. */
export async function checkRegistration(
  client: SipClient,
  who: string,
  clock: Clock,
): Promise<Finding> {
  let refused: number | undefined;
  client.on('registration', (change) => {
    if (change.type === 'registrationFailed') refused = change.status;
  });
  try {
    const answer = await within(client.register(), PATIENCE_MS, clock);
    if (answer !== undefined) {
      return good('registration', `${who} is registered for ${answer.expiresSeconds} s`);
    }
    const found = `${who}: no registration within ${PATIENCE_MS / 1000} s`;
    return bad('registration', found, refused === undefined ? SILENT : remedyFor(refused));
  } catch (error) {
    const why = StrowgerError.isInstance(error) ? error.message : String(error);
    const status = refused ?? statusOf(error);
    return bad('registration', `${who}: ${why}`, status === undefined ? SILENT : remedyFor(status));
  }
}

const SILENT = 'OPTIONS is answered and REGISTER is not: ask whether this server is the registrar';

function statusOf(error: unknown): number | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  const status =
    typeof cause === 'object' && cause !== null && 'status' in cause ? cause.status : 0;
  return typeof status === 'number' && status > 0 ? status : undefined;
}

/** How a refusal is mended. */
export function remedyFor(status: number): string {
  switch (status) {
    case 401:
    case 407:
      return 'the password is wrong, or the name in the digest is not the user of --user';
    case 403:
      return 'the account, its password or this address is not allowed; too many wrong guesses look the same';
    case 404:
      return 'the registrar does not know this user, or not at this domain: compare --user with what you were given';
    case 405:
    case 501:
      return 'there is nothing to register at: this server takes calls only';
    case 423:
      return 'the registrar wants longer registrations';
    case 503:
      return 'the server is overloaded or in maintenance: try again later';
    default:
      return `ask the operator what ${status} means there`;
  }
}
