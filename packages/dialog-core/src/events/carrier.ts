import type { NameAddr, SipRequest, Uri } from '@strowger/sip-message';
import type { CredentialSource } from '@strowger/transaction-core';
import type { ClientRequestOptions, ClientRequestUser } from '../client-request.ts';
import type { DialogId } from '../dialog.ts';
import { type DialogInit, DialogRecord } from '../dialog-record.ts';
import type { MessageParts } from '../dialog-user.ts';
import type { LayerContext } from '../layer-context.ts';

/**
 * What subscriptions need of their dialog: one that an INVITE made, which they share and may outlive
 * (RFC 5057), or one of their own.
 */
export interface Carrier {
  readonly id: DialogId;
  readonly record: DialogRecord;
  readonly remoteUri: Uri;
  readonly remoteTarget: Uri;
  readonly routeSet: readonly NameAddr[];
  compose(method: string, cseq: number, parts: MessageParts): SipRequest;
  clientOptions(user: ClientRequestUser, request: SipRequest): ClientRequestOptions;
}

/** A dialog that a subscription made (RFC 6665 §4.4.1): no INVITE, no BYE. */
export class BareDialog implements Carrier {
  readonly record: DialogRecord;
  private readonly context: LayerContext;
  private readonly credentials: CredentialSource | undefined;

  constructor(context: LayerContext, init: DialogInit, credentials?: CredentialSource) {
    this.context = context;
    this.record = new DialogRecord(init);
    this.credentials = credentials;
  }

  get id(): DialogId {
    return this.record.init.id;
  }

  get remoteUri(): Uri {
    return this.record.remoteUri;
  }

  get remoteTarget(): Uri {
    return this.record.remoteTarget;
  }

  get routeSet(): readonly NameAddr[] {
    return this.record.routeSet;
  }

  compose(method: string, cseq: number, parts: MessageParts): SipRequest {
    return this.record.compose(this.context.userAgent, { method, cseq, parts });
  }

  clientOptions(user: ClientRequestUser, request: SipRequest): ClientRequestOptions {
    const { record, context, credentials } = this;
    return {
      user,
      context,
      target: record.nextHopOf(request),
      hops: record.hop === undefined ? undefined : [record.hop],
      fallback: () => true,
      credentials,
      numbers: record,
    };
  }
}
