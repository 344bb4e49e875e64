export {
  ClientTransaction,
  type ClientTransactionUser,
  type RequestOptions,
} from './client-transaction.ts';
export { type CredentialSource, DigestClient, type ServerStanding } from './digest-client.ts';
export {
  DigestServer,
  type DigestServerOptions,
  type DigestVerdict,
  type Ha1Lookup,
  type Ha1Set,
} from './digest-server.ts';
export {
  type ClientContext,
  inviteClient,
  type InviteClientInput,
  type InviteClientState,
} from './invite-client.ts';
export {
  inviteServer,
  type InviteServerInput,
  type InviteServerState,
  type ServerContext,
} from './invite-server.ts';
export {
  type Hop,
  type Inbound,
  isReliable,
  isSecure,
  type MessageSender,
  type TargetOutcome,
  type TransportName,
} from './message-sender.ts';
export {
  nonInviteClient,
  type NonInviteClientInput,
  type NonInviteClientState,
} from './non-invite-client.ts';
export {
  nonInviteServer,
  type NonInviteServerInput,
  type NonInviteServerState,
} from './non-invite-server.ts';
export type { CancelOptions, Output, TimerName } from './outputs.ts';
export { bestResponse } from './proxy/best-response.ts';
export { ProxyCore, type ProxyCounters, type ProxyTransactions } from './proxy/proxy-core.ts';
export type {
  ProxyDecision,
  ProxyOptions,
  ProxyRequest,
  ProxyRoute,
  ProxySender,
  ProxyStep,
  ProxyTarget,
} from './proxy/proxy-options.ts';
export {
  type ResponseContext,
  responseContext,
  type ResponseContextInput,
  type ResponseContextOutput,
  type ResponseContextState,
} from './proxy/response-context-table.ts';
export { StatefulProxy, type StatefulProxyOptions } from './proxy/stateful-proxy.ts';
export { ServerTransaction, type ServerTransactionUser } from './server-transaction.ts';
export { type TimerSettings, timerSettings } from './timer-settings.ts';
export {
  TransactionLayer,
  type TransactionLayerOptions,
  type TransactionUser,
} from './transaction-layer.ts';
export type { TransactionCounters, TransactionStep } from './transaction-shell.ts';
export type { TransactionTrouble } from './trouble.ts';
