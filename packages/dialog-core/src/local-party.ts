import type { NameAddr, SipRequest, SipUri } from '@strowger/sip-message';
import type { CredentialSource, Hop } from '@strowger/transaction-core';

/** What our Contact is made of where it is not the layer's own. */
export interface ContactParts {
  /** Default: the layer's `contactUser`. */
  readonly user?: string | undefined;
  /**
   * Where we are reached by who is behind the hop, where the transport cannot know it: what a NAT
   * made of it. Default: the transport's `sentBy`.
   */
  readonly sentBy?: { readonly host: string; readonly port: number } | undefined;
  /** Instead of all that (RFC 5627 §4.4), where its scheme is the one that the peer asks for. */
  readonly gruu?: SipUri | undefined;
}

/** Who of us takes part, where a layer serves several. */
export interface LocalParty {
  readonly contact?: ContactParts | undefined;
  /** For requests in the dialogs that a request made which we have received. */
  readonly credentials?: CredentialSource | undefined;
}

/** What tells which of us takes part: whom we said that we are, or what was sent to us. */
export type PartyClue =
  | { readonly kind: 'sent'; readonly from: NameAddr; readonly hop: Hop }
  | { readonly kind: 'received'; readonly request: SipRequest; readonly hop: Hop };
