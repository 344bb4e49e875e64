import type { SipRequest, SipResponse } from '@strowger/sip-message';

/** The name and secret for a realm; undefined where this account has none there. */
export type CredentialSource = (
  realm: string,
) => { username: string; password?: string } | undefined;

/** Answers challenges. */
export interface DigestClient {
  authorize(request: SipRequest, response: SipResponse): SipRequest | undefined;
}
