import type { NameAddr, Uri } from '@strowger/sip-message';
import type { CredentialSource, Hop, TransportName } from '@strowger/transaction-core';
import type { Dialog } from './dialog.ts';
import type { CancelParts, MessageParts } from './dialog-user.ts';
import type { ReliableProvisionals } from './reliability.ts';

/** An INVITE to be sent. With a header Expires it is cancelled when its time is over. */
export interface InviteOptions extends MessageParts {
  readonly to: Uri | NameAddr;
  /** Its tag, if any, is replaced. */
  readonly from: NameAddr;
  /** By default the URI of `to`. */
  readonly requestUri?: Uri | undefined;
  /** A preloaded route set (RFC 3261 §8.1.1.1), e.g. an outbound proxy. */
  readonly route?: readonly NameAddr[] | undefined;
  readonly credentials?: CredentialSource | undefined;
  /**
   * The transport that it takes to the next hop, whatever the URIs leave open: those of `hops` and of the
   * look-up that are of another one do not count. What the peer sends in the dialog it chooses itself.
   */
  readonly transport?: TransportName | undefined;
  /** Where to send it, without a look-up: the hop that a registered phone was heard from. */
  readonly hops?: readonly Hop[] | undefined;
  /**
   * Header parameters of our Contact, here and in the dialogs that it makes: feature tags (RFC 3840)
   * such as `';+sip.src'`.
   */
  readonly contactParams?: string | undefined;
  /** By default a random one. */
  readonly callId?: string | undefined;
  /** For this INVITE instead of what the layer's options say. */
  readonly reliableProvisionals?: ReliableProvisionals | undefined;
}

/** Our INVITE on its way. */
export interface OutgoingInvite {
  readonly callId: string;
  /** The live early dialogs, one for each fork that answered with a To tag. */
  readonly earlyDialogs: readonly Dialog[];
  /**
   * Takes the INVITE back: CANCEL once a provisional has come (RFC 3261 §9.1); where a 2xx wins the
   * race it is acknowledged, ended with BYE, and told as `cancelled`. Ignored after the outcome.
   */
  cancel(parts?: CancelParts): void;
}
