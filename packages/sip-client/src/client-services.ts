import type { MessageSummary } from '@strowger/dialog-core';
import { type Runtime, StrowgerError } from '@strowger/runtime';
import { type Account, targetUri } from './account.ts';
import type { ClientStack } from './client-stack.ts';
import type { Line } from './line.ts';
import {
  composingBody,
  type ComposingOptions,
  messageBody,
  type MessageOptions,
  messageOutcome,
  type MessageOutcome,
} from './messages/outgoing-message.ts';
import { messageWaitingPackage } from './watches/message-waiting.ts';
import { type OwnPresence, presencePackage, type PresenceState } from './watches/presence.ts';
import { PresencePublication } from './watches/presence-publication.ts';
import { Watch, type WatchedPackage } from './watches/watch.ts';

/** What services are made with. */
export interface Reach {
  readonly account: Account;
  readonly runtime: Runtime;
  readonly stack: ClientStack;
  readonly line: Line;
}

/** How something is watched, or published. */
export interface WatchOptions {
  /** For how long it is asked for at a time, in seconds, from 60 to 86,400. Default 3600. */
  readonly expiresSeconds?: number;
  /** Aborting stops it. */
  readonly signal?: AbortSignal;
}

/** How a mailbox is watched. */
export interface MessageWaitingOptions extends WatchOptions {
  /** Default: our own. */
  readonly mailbox?: string;
}

/**
 * What a client can besides calls: texts, mailboxes, presence. Every promise rejects as those of the
 * client do, and with `BAD_TARGET` for what cannot be asked.
 */
export abstract class ClientServices {
  /** @internal Opens what is not open yet. */
  abstract reach(): Promise<Reach>;

  /**
   * Sends a text outside of calls (RFC 3428), to `bob`, a number or a URI. What the other side says is an
   * outcome. Rejects with `NO_ROUTE`, `NO_ANSWER`, `MESSAGE_TOO_LARGE`, `CLOSED` where we close
   * meanwhile, and with the signal's reason. Longer ones than 1300 octets are for streams (RFC 3428 §8).
   */
  async message(
    target: string,
    text: string | Uint8Array,
    options: MessageOptions = {},
  ): Promise<MessageOutcome> {
    const body = messageBody(text, options);
    const { headers, signal } = options;
    const { account, stack, line } = await this.reach();
    const to = targetUri(target, account);
    const route = await line.routeTo(to);
    const request = {
      from: account.identity,
      ...route,
      method: 'MESSAGE',
      requestUri: to,
      to,
      body,
      headers,
    };
    const { dialogs } = stack.sessions;
    return messageOutcome((user) => dialogs.request(request, user), { ended: 'CLOSED', signal });
  }

  /**
   * Says that we are typing a text for somebody, or no longer (RFC 3994): once when it begins, again after
   * `refreshSeconds`, `idle` when it pauses. Who does not want to know refuses it with 415. Rejects as
   * `message` does.
   */
  async composing(
    target: string,
    state: 'active' | 'idle',
    options: ComposingOptions = {},
  ): Promise<MessageOutcome> {
    const { type, content } = composingBody(state, options);
    return this.message(target, content, { ...options, contentType: type });
  }

  /**
   * Watches what waits in our mailbox (RFC 3842). Resolves once it is asked for; what becomes of it is
   * told by the watch. Rejects with `BAD_TARGET`, `BAD_OPTION`, and `TOO_MANY_WATCHES` above 1000.
   */
  async messageWaiting(options: MessageWaitingOptions = {}): Promise<Watch<MessageSummary>> {
    return this.watch(options.mailbox, messageWaitingPackage, options);
  }

  /** Watches whether somebody can be reached (RFC 3856). Resolves and rejects as `messageWaiting` does. */
  async presence(target: string, options: WatchOptions = {}): Promise<Watch<PresenceState>> {
    return this.watch(target, presencePackage, options);
  }

  /**
   * Publishes whether we can be reached (RFC 3903), until it is stopped. Resolves and rejects as
   * `messageWaiting` does, and with `BAD_PRESENCE`.
   */
  async publishPresence(
    presence: OwnPresence,
    options: WatchOptions = {},
  ): Promise<PresencePublication> {
    const expiresSeconds = expiresOf(options);
    const { account, runtime, stack, line } = await this.reach();
    line.upkeeps.checkRoom();
    const { uri: to } = account;
    const publication = new PresencePublication({
      runtime,
      presence,
      entity: to.toString(),
      locate: () => line.routeTo(to),
      publish: (parts, route, user) => {
        const request = { from: account.identity, ...route, ...parts, to, expiresSeconds };
        return stack.sessions.dialogs.publish(request, user);
      },
      signal: options.signal,
    });
    line.upkeeps.add(publication);
    publication.start();
    return publication;
  }

  private async watch<T>(
    target: string | undefined,
    what: WatchedPackage<T>,
    options: WatchOptions,
  ): Promise<Watch<T>> {
    const expiresSeconds = expiresOf(options);
    const { account, runtime, stack, line } = await this.reach();
    line.upkeeps.checkRoom();
    const to = target === undefined ? account.uri : targetUri(target, account);
    const watch = new Watch({
      runtime,
      what,
      locate: () => line.routeTo(to),
      subscribe: (parts, route, user) => {
        const request = { from: account.identity, ...route, ...parts, to, expiresSeconds };
        return stack.sessions.dialogs.subscribe(request, user);
      },
      signal: options.signal,
    });
    line.upkeeps.add(watch);
    watch.start();
    return watch;
  }
}

function expiresOf({ expiresSeconds = 3600 }: WatchOptions): number {
  if (expiresSeconds >= 60 && expiresSeconds <= 86_400) return expiresSeconds;
  throw new StrowgerError('BAD_OPTION', 'expiresSeconds: it is a number from 60 to 86400');
}
