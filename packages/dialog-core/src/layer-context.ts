import type { Runtime } from '@strowger/runtime';
import type { MessageSender, TransactionLayer } from '@strowger/transaction-core';
import type { CredentialSource, DigestClient } from './credentials.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { DialogLimits } from './dialog-layer.ts';
import type { UserAgent } from './user-agent.ts';

/** Something that can be dropped at once when the layer is closed. */
export interface Closable {
  close(): void;
}

/** Everything that lives, by kind. */
export interface LiveObjects {
  readonly inviteServers: Set<Closable>;
  readonly inviteClients: Set<Closable>;
  readonly requests: Set<Closable>;
}

/** What the parts of one layer share. */
export interface LayerContext {
  readonly runtime: Runtime;
  readonly sender: MessageSender;
  readonly transactions: TransactionLayer;
  readonly timers: { readonly t1Ms: number; readonly t2Ms: number };
  readonly limits: DialogLimits;
  readonly userAgent: UserAgent;
  readonly dialogs: Map<string, DialogShell>;
  readonly live: LiveObjects;
  /** One for each source of credentials, so that a nonce is used again. */
  digest(credentials: CredentialSource | undefined): DigestClient | undefined;
}
