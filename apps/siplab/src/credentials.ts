import {
  answerChallenge,
  type Challenge,
  type SipMessage,
  type SipRequest,
} from '@strowger/sip-message';
import { StepFailed } from './step-failed.ts';

/** Who a scenario is, for the digest. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A header that answers a challenge. */
export interface Authorization {
  readonly name: 'Authorization' | 'Proxy-Authorization';
  readonly value: string;
}

/** Answers the first challenge of a 401 or 407 that can be answered. Throws `StepFailed`. */
export function authorize(
  challenge: SipMessage,
  request: Pick<SipRequest, 'method' | 'uri'> & { readonly body?: string | Uint8Array },
  { login, cnonce }: { login: Login | undefined; cnonce: string },
): Authorization {
  if (login === undefined) throw new StepFailed('script', 'challenged, and no credentials given');
  for (const [from, name] of HEADERS) {
    for (const one of challenge.headers.get(from) ?? []) {
      const value = answer(one, request, { ...login, cnonce });
      if (value !== undefined) return { name, value };
    }
  }
  throw new StepFailed('mismatch', 'no challenge that can be answered');
}

const HEADERS = [
  ['www-authenticate', 'Authorization'],
  ['proxy-authenticate', 'Proxy-Authorization'],
] as const;

function answer(
  challenge: Challenge,
  {
    method,
    uri,
    body,
  }: Pick<SipRequest, 'method' | 'uri'> & { readonly body?: string | Uint8Array },
  who: Login & { cnonce: string },
): string | undefined {
  const input = { ...who, method, uri, nonceCount: 1, ...(body !== undefined && { body }) };
  const answered = answerChallenge(challenge, input);
  return answered.ok ? String(answered.value) : undefined;
}
