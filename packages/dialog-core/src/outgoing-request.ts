import { isSips, NameAddr, type Uri } from '@strowger/sip-message';
import type { CredentialSource, Hop } from '@strowger/transaction-core';
import { ClientRequest } from './client-request.ts';
import type { MessageParts, RequestUser } from './dialog-user.ts';
import { type LayerContext, newCallId } from './layer-context.ts';
import type { ContactParts } from './local-party.ts';
import { locate } from './locate.ts';
import { addressRequest } from './route-set.ts';
import { TrackedRequest } from './tracked-request.ts';

/** A request outside of dialogs: REGISTER, OPTIONS, MESSAGE, … */
export interface RequestOptions extends MessageParts {
  readonly method: string;
  readonly requestUri: Uri;
  readonly to: Uri | NameAddr;
  /** A tag is added where it has none. */
  readonly from: NameAddr;
  readonly route?: readonly NameAddr[] | undefined;
  readonly credentials?: CredentialSource | undefined;
  readonly hops?: readonly Hop[] | undefined;
  /**
   * Adds our Contact for the hop that is taken, with these header parameters: `''` or
   * `';expires=300'`. For REGISTER (RFC 3261 §10.2).
   */
  readonly contactParams?: string | undefined;
  /** For a series such as the REGISTERs of one contact (RFC 3261 §10.2.4); by default a random one. */
  readonly callId?: string | undefined;
  /** By default 1; after a challenge one more is used, see `OutgoingRequest.cseq`. */
  readonly cseq?: number | undefined;
}

/** Our request outside of dialogs, on its way. */
export interface OutgoingRequest {
  readonly callId: string;
  /** The CSeq number last used: the next of a series is higher. */
  readonly cseq: number;
  /** The hop that it was last sent over: where the answer came from. */
  readonly hop: Hop | undefined;
}

/** Sends a request outside of dialogs (RFC 3261 §8.1). */
export function sendRequest(
  context: LayerContext,
  options: RequestOptions,
  user: RequestUser,
): OutgoingRequest {
  const { method, from, credentials, requestUri, route = [] } = options;
  const to = options.to instanceof NameAddr ? options.to : new NameAddr({ uri: options.to });
  const callId = options.callId ?? newCallId(context);
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
  const tracked = new TrackedRequest(context, user);
  const { userAgent } = context;
  const partOf = (hop: Hop): ContactParts | undefined =>
    context.localParty({ kind: 'sent', from, hop })?.contact;
  const isSecure = isSips(requestUri); // §8.1.1.8
  const ownContact = (hop: Hop): string =>
    method === 'REGISTER'
      ? userAgent.hopContact(hop, isSecure, partOf(hop))
      : userAgent.contact(hop, isSecure, partOf(hop));
  let client: ClientRequest | undefined;
  const send = (hops?: readonly Hop[]): void => {
    if (tracked.isOver) return; // the layer was closed while the hops were looked up
    const { contactParams } = options;
    client = new ClientRequest(request, {
      context,
      target: addressing.nextHop,
      hops,
      credentials,
      contact:
        contactParams === undefined ? undefined : (hop) => `${ownContact(hop)}${contactParams}`,
      numbers: { nextCSeq: () => ++cseq },
      user: {
        onResponse: (response) => {
          if (response.status >= 200) tracked.finish({ response });
          else if (response.status > 100) user.onProvisional?.(response);
        },
        onTimeout: () => tracked.finish({ failure: { kind: 'timeout' } }),
        onTransportError: (error) => tracked.finish({ failure: { kind: 'transport', error } }),
      },
    });
    client.send();
  };
  if (options.hops !== undefined || options.contactParams === undefined) send(options.hops);
  else {
    locate(context.sender, request, addressing.nextHop, {
      onHops: send,
      onFailed: (error) => tracked.finish({ failure: { kind: 'transport', error } }),
    });
  }
  return {
    callId,
    get cseq() {
      return cseq;
    },
    get hop() {
      return client?.hop;
    },
  };
}
