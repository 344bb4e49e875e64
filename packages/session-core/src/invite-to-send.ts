import { StrowgerError } from '@strowger/runtime';
import type { SipRequest } from '@strowger/sip-message';
import type { CallOptions } from './call-options.ts';

/** Fields that the layers below write into every INVITE. */
const WRITTEN = new Set([
  'via',
  'from',
  'to',
  'call-id',
  'cseq',
  'contact',
  'route',
  'record-route',
  'content-length',
  'allow',
  'supported',
  'user-agent',
]);

/** @internal An INVITE that the application has made, as a call. Throws `BAD_OPTION`. */
export function callOptionsOf(invite: SipRequest): CallOptions {
  const { method, body } = invite;
  if (method !== 'INVITE') throw new StrowgerError('BAD_OPTION', `a ${method} begins no session`);
  if (body.length > 0) {
    throw new StrowgerError('BAD_OPTION', 'the INVITE has a body; media makes its own offer');
  }
  const { uri, to, from, callId, headers } = invite;
  const fields = headers
    .names()
    .filter((name) => !WRITTEN.has(name.toLowerCase()))
    .flatMap((name) => headers.raw(name).map((value) => [name, value] as const));
  const route = headers.get('route');
  return {
    requestUri: uri,
    to: to.withTag(undefined),
    from: from.withTag(undefined),
    callId,
    headers: fields,
    ...(route === undefined ? {} : { route }),
  };
}
