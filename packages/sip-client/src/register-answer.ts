import { StrowgerError } from '@strowger/runtime';
import { NameAddr, type SipResponse } from '@strowger/sip-message';
import type { RegistrationChange, RegistrationInput } from './registration-table.ts';

/** What was asked for, and chance for what may follow. */
export interface Asked {
  /** The value of our Contact. */
  readonly contact: string;
  /** For how many seconds. */
  readonly asked: number;
  readonly jitter: number;
  /** Whether the answer says that the registrar sees us elsewhere than there. */
  readonly isElsewhere: boolean;
}

/** The final answer to a REGISTER, as an input (RFC 3261 §10.2.4, §10.2.8). */
export function readAnswer(
  { status, reason, headers }: SipResponse,
  { contact, asked, jitter, isElsewhere }: Asked,
): RegistrationInput {
  if (status >= 200 && status < 300) {
    const expiresSeconds = grantedSeconds(headers, contact) ?? asked;
    return { type: 'accepted', expiresSeconds, ...(isElsewhere ? { isElsewhere } : {}) };
  }
  const minExpiresSeconds = headers.get('min-expires');
  const retryAfterSeconds = headers.get('retry-after')?.seconds;
  return {
    type: 'rejected',
    status,
    reason,
    jitter,
    ...(minExpiresSeconds === undefined ? {} : { minExpiresSeconds }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** What a change that is no success rejects `register` with. */
export function notRegistered(change: RegistrationChange): StrowgerError {
  if (change.type !== 'registrationFailed') {
    return new StrowgerError('UNREGISTERED', 'the registration was ended before it was accepted');
  }
  const { status } = change;
  const isProof = status === 401 || status === 403 || status === 407;
  return new StrowgerError('REGISTRATION_REFUSED', `the registrar answered ${status}`, {
    cause: change,
    recovery: { kind: isProof ? 'authenticate' : 'none' },
  });
}

/** What was granted to this contact; nothing where the registrar does not say. */
function grantedSeconds(headers: SipResponse['headers'], contact: string): number | undefined {
  const contacts = headers.get('contact');
  const general = positive(headers.get('expires'));
  if (contacts === undefined || contacts === '*') return general;
  const own = NameAddr.parse(contact);
  const ours = contacts.find(({ uri }) => own.ok && uri.equals(own.value.uri));
  const granted = ours ?? (contacts.length === 1 ? contacts[0] : undefined);
  return positive(Number(granted?.params.get('expires'))) ?? general;
}

function positive(seconds: number | undefined): number | undefined {
  return Number.isSafeInteger(seconds) && Number(seconds) > 0 ? seconds : undefined;
}
