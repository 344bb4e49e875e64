import type { Runtime } from '@strowger/runtime';
import type {
  CredentialSource,
  DigestClient,
  MessageSender,
  TransactionLayer,
} from '@strowger/transaction-core';
import type { DialogShell } from './dialog-shell.ts';
import type { EventCentre } from './events/event-centre.ts';
import type { DialogLimits } from './layer-options.ts';
import type { LiveDialogs } from './live-dialogs.ts';
import type { LocalParty, PartyClue } from './local-party.ts';
import type { ReliableProvisionals } from './reliability.ts';
import type { SessionTimerOptions } from './session-expires.ts';
import type { UserAgent } from './user-agent.ts';

/** Something that can be dropped at once when the layer is closed. */
export interface Closable {
  close(): void;
}

/** Everything that lives, by kind. */
export interface LiveObjects {
  readonly inviteServers: Set<Closable>;
  readonly inviteClients: Set<Closable>;
  /** The halves of dialogs that INVITEs of ours may still make: see `halfDialogKey`. */
  readonly halfDialogs: Set<string>;
  readonly requests: Set<Closable>;
}

/** One step of one table, for logs and for the coverage of tests. */
export interface DialogStep {
  readonly machine:
    | 'dialog'
    | 'inviteClient'
    | 'inviteServer'
    | 'reinviteClient'
    | 'updateClient'
    | 'offerAnswer'
    | 'sessionTimer'
    | 'subscribe'
    | 'subscriber'
    | 'notifier'
    | 'publication';
  readonly from: string;
  readonly input: string;
  readonly to: string;
}

/** What the parts of one layer share. */
export interface LayerContext {
  readonly runtime: Runtime;
  readonly sender: MessageSender;
  readonly transactions: TransactionLayer;
  readonly timers: { readonly t1Ms: number; readonly t2Ms: number };
  readonly limits: DialogLimits;
  readonly reliableProvisionals: ReliableProvisionals;
  /** Undefined where there are none. */
  readonly sessionTimers: SessionTimerOptions | undefined;
  readonly userAgent: UserAgent;
  /** Who of us takes part; undefined where there is but one. */
  localParty(clue: PartyClue): LocalParty | undefined;
  readonly dialogs: LiveDialogs<DialogShell>;
  readonly live: LiveObjects;
  /** Subscriptions of both sides. */
  readonly events: EventCentre;
  readonly onStep: ((step: DialogStep) => void) | undefined;
  /** Undefined where nobody saves dialogs. */
  readonly onDialogChanged: ((dialog: DialogShell) => void) | undefined;
  /** One for each source of credentials, so that a nonce is used again. */
  digest(credentials: CredentialSource | undefined): DigestClient | undefined;
}

/** What all dialogs of one INVITE of ours share (RFC 3261 §12.1.2). */
export function halfDialogKey(callId: string, localTag: string): string {
  return `${callId}\n${localTag}`;
}

/** The transport's own kind of Call-ID where it has one, else one of chance (RFC 3261 §8.1.1.4). */
export function newCallId({ sender, runtime }: Pick<LayerContext, 'sender' | 'runtime'>): string {
  return sender.newCallId?.() ?? runtime.random.token(128);
}

/**
 * Tells of one step, where somebody listens: for shells that are what their `Machine` is made of, so
 * that none of the many dialogs at rest needs an object and closures for that.
 */
export function tellStep(
  { onStep }: LayerContext,
  machine: DialogStep['machine'],
  { from, input, to }: Record<'from' | 'to', { name: string }> & { input: { type: string } },
): void {
  onStep?.({ machine, from: from.name, input: input.type, to: to.name });
}

/** The `onStep` of a machine; nothing where nobody listens. */
export function tellSteps<S extends { name: string }, I extends { type: string }>(
  { onStep }: LayerContext,
  machine: DialogStep['machine'],
): { onStep?(from: S, input: I, to: S): void } {
  if (onStep === undefined) return {};
  return {
    onStep: (from, input, to) =>
      onStep({ machine, from: from.name, input: input.type, to: to.name }),
  };
}
