import { NameAddr } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import { ClientRequest } from './client-request.ts';
import type { OutgoingRequest, RequestOptions } from './dialog-layer.ts';
import { trackRequest } from './dialog-request.ts';
import type { RequestUser } from './dialog-user.ts';
import type { LayerContext } from './layer-context.ts';
import { locate } from './locate.ts';
import { addressRequest } from './route-set.ts';

/** Sends a request outside of dialogs (RFC 3261 §8.1). */
export function sendRequest(
  context: LayerContext,
  options: RequestOptions,
  user: RequestUser,
): OutgoingRequest {
  const { method, from, credentials, requestUri, route = [] } = options;
  const to = options.to instanceof NameAddr ? options.to : new NameAddr({ uri: options.to });
  const callId = options.callId ?? context.runtime.random.token(128);
  const addressing = addressRequest(route, requestUri);
  let cseq = options.cseq ?? 1;
  const request = context.userAgent.request(
    {
      method,
      uri: addressing.requestUri,
      from: from.withTag(from.tag ?? context.runtime.random.token()).toString(),
      to: to.withTag(undefined).toString(),
      callId,
      cseq,
      route: addressing.route,
    },
    options,
  );
  const finish = trackRequest(context, user);
  const send = (hops?: readonly Hop[]): void => {
    const [first] = hops ?? [];
    if (first !== undefined && options.contactParams !== undefined) {
      const contact = `${context.userAgent.contact(first)}${options.contactParams}`;
      request.headers.set('Contact', contact);
    }
    new ClientRequest(request, {
      context,
      target: addressing.nextHop,
      hops,
      credentials,
      nextCSeq: () => ++cseq,
      user: {
        onResponse: (response) => {
          if (response.status >= 200) finish({ response });
          else if (response.status > 100) user.onProvisional?.(response);
        },
        onTimeout: () => finish({ failure: { kind: 'timeout' } }),
        onTransportError: (error) => finish({ failure: { kind: 'transport', error } }),
      },
    }).send();
  };
  if (options.hops !== undefined || options.contactParams === undefined) send(options.hops);
  else {
    locate(context.sender, request, addressing.nextHop, {
      onHops: send,
      onFailed: (error) => finish({ failure: { kind: 'transport', error } }),
    });
  }
  return {
    callId,
    get cseq() {
      return cseq;
    },
  };
}
