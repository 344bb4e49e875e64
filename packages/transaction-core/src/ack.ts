import { SipRequest, type SipResponse } from '@strowger/sip-message';

/** The ACK to a response other than 2xx: it belongs to the INVITE (RFC 3261 §17.1.1.3). */
export function ackForFailure(invite: SipRequest, response: SipResponse): SipRequest {
  return withinTransaction(invite, 'ACK', response.headers.raw('to'));
}

/** The CANCEL to an INVITE that was sent as given (RFC 3261 §9.1). */
export function cancelFor(
  invite: SipRequest,
  headers: Iterable<readonly [name: string, value: string]> = [],
): SipRequest {
  const cancel = withinTransaction(invite, 'CANCEL', invite.headers.raw('to'));
  for (const [name, value] of headers) cancel.headers.append(name, value);
  return cancel;
}

function withinTransaction(invite: SipRequest, method: string, to: string[]): SipRequest {
  const request = new SipRequest({ method, uri: invite.uri });
  const { headers } = request;
  headers.append('Via', invite.via.toString());
  for (const route of invite.headers.raw('route')) headers.append('Route', route);
  headers.append('Max-Forwards', 70);
  for (const from of invite.headers.raw('from')) headers.append('From', from);
  for (const value of to) headers.append('To', value);
  headers.append('Call-ID', invite.callId);
  headers.append('CSeq', `${invite.cseq.number} ${method}`);
  return request;
}
