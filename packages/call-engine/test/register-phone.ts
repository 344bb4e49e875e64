import { SipRequest, uri } from '@strowger/sip-message';

/** A header as it is written. */
export type HeaderLine = [name: string, value: string];

/** A REGISTER as a phone writes it. */
export function registerRequest(options: {
  user: string;
  callId: string;
  cseq: number;
  headers: readonly HeaderLine[];
}): SipRequest {
  const { user, callId, cseq, headers } = options;
  return new SipRequest({
    method: 'REGISTER',
    uri: uri('sip:pbx.example'),
    headers: [
      ['Max-Forwards', '70'],
      ['From', `<sip:${user}@pbx.example>;tag=t${cseq}`],
      ['To', `<sip:${user}@pbx.example>`],
      ['Call-ID', callId],
      ['CSeq', `${cseq} REGISTER`],
      ...headers,
    ],
  });
}
