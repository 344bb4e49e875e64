import { answerChallenge, type Challenge, type SipMessage, type Uri } from '@strowger/sip-message';
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

/** The request that credentials are for. */
export interface Proven {
  readonly method: string;
  readonly uri: string | Uri;
  readonly body?: string | Uint8Array;
}

/** Answers the first challenge of a 401 or 407 that can be answered. Throws `StepFailed`. */
export function authorize(
  challenge: SipMessage,
  request: Proven,
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
  { method, uri, body }: Proven,
  who: Login & { cnonce: string },
): string | undefined {
  const input = { ...who, method, uri, nonceCount: 1, ...(body !== undefined && { body }) };
  const answered = answerChallenge(challenge, input);
  return answered.ok ? String(answered.value) : undefined;
}
