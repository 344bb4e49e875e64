import type { Runtime } from '@strowger/runtime';
import type { MediaBackend } from '@strowger/session-core';
import type { Account } from './account.ts';
import type { ClientTransport, SipClientOptions, TransportHooks } from './sip-client-options.ts';

/** Whose network and media are wired. */
export interface WiredClient {
  readonly settings: SipClientOptions;
  readonly account: Account;
  readonly runtime: Runtime;
}

/** What a client reaches the world with where its options name nothing else. */
export interface ClientWiring {
  runtime(): Runtime;
  /** Whether media finds its way after a change of the network by an ICE restart. */
  readonly restartsIce?: boolean;
  /** Where all accounts are, where there is but one server: that of a page's WebSocket. */
  readonly server?: string;
  /** Throws `BAD_LISTEN_POINT`; opens nothing yet. */
  connect(hooks: TransportHooks, client: WiredClient): ClientTransport;
  openMedia(address: string, client: WiredClient): MediaBackend;
}
