import { Emitter, type Runtime, StrowgerError } from '@strowger/runtime';
import type { CallOptions, Session } from '@strowger/session-core';
import type { SipUri } from '@strowger/sip-message';
import { type Account, targetUri } from './account.ts';
import type { Call } from './call.ts';
import { askCapabilities, type Capabilities } from './capabilities.ts';
import { ClientServices, type Reach } from './client-services.ts';
import type { ClientStack } from './client-stack.ts';
import type { Line } from './line.ts';
import {
  registerAndWait,
  type RegisterOutcome,
  type RegisterWaitOptions,
} from './register-outcome.ts';
import type { RegistrationChange } from './registration-table.ts';
import type { ClientCallOptions } from './sip-client-options.ts';

/** @internal Whom a text names, and how that is called. */
export type Way = Pick<CallOptions, 'to' | 'from'> & Partial<CallOptions>;

/** @internal What an account needs of its client. */
export interface ClientAccountOptions {
  readonly account: Account;
  readonly runtime: Runtime;
  /** Opens what is not open yet. */
  stack(): Promise<ClientStack>;
  /** What is open; nothing before the first use. */
  opened(): Promise<ClientStack> | undefined;
  callOf(session: Session): Call;
  /** Forgets an account; absent for the client's own. */
  readonly remove?: ((account: ClientAccount) => void) | undefined;
}

/** The events of an account. */
export interface ClientAccountEvents {
  registration: RegistrationChange;
}

/**
 * One of the identities of a client: an address of record, the server where it is at home, and what proves it
 * there. All share the client's sockets, its media and its readers of `incoming()`; nothing of one is shown to
 * the server of another. Made by `SipClient.addAccount`; `SipClient.account` is the client's own.
 *
 * Every promise rejects as those of `SipClient` do, and with `ACCOUNT_REMOVED` after `remove()`.
 */
export class ClientAccount extends ClientServices {
  private readonly parts: ClientAccountOptions;
  private readonly events: Emitter<ClientAccountEvents>;
  private line: Promise<Line> | undefined;
  private removing: Promise<void> | undefined;

  /** @internal */
  constructor(parts: ClientAccountOptions) {
    super();
    const { logger } = parts.runtime;
    this.parts = parts;
    this.events = new Emitter((error) => logger.error({ error }, 'a listener threw'));
  }

  /** The address of record, such as `sip:alice@pbx.example`. */
  get uri(): string {
    return this.parts.account.uri.toString();
  }

  /** Listens to what becomes of the registration: also every retry, and every loss. */
  on<T extends keyof ClientAccountEvents>(
    type: T,
    listener: (event: ClientAccountEvents[T]) => void,
  ): () => void {
    return this.events.on(type, listener);
  }

  /** As `SipClient.register`. */
  async register(): Promise<{ expiresSeconds: number }> {
    const { line } = await this.open();
    return line.registration.register();
  }

  /** As `SipClient.registerAndWait`. */
  async registerAndWait(options: RegisterWaitOptions = {}): Promise<RegisterOutcome> {
    const { line } = await this.open();
    return registerAndWait(line.registration, { ...options, clock: this.parts.runtime.clock });
  }

  /** As `SipClient.unregister`. */
  async unregister(): Promise<void> {
    if (this.line !== undefined) await (await this.line).registration.unregister();
  }

  /** As `SipClient.call`, from this account and by way of its server. */
  async call(target: string, options: ClientCallOptions = {}): Promise<Call> {
    const { ringTimeoutMs = 60_000, ...wishes } = options;
    const to = targetUri(target, this.parts.account);
    const { stack, line } = await this.open();
    const way = await this.wayOver(line, to);
    return this.parts.callOf(stack.place(line, { ...way, ...wishes, ringTimeoutMs }));
  }

  /** As `SipClient.options`. */
  async options(target: string): Promise<Capabilities> {
    const requestUri = targetUri(target, this.parts.account);
    const { stack, line } = await this.open();
    const request = { ...(await this.wayOver(line, requestUri)), requestUri };
    return askCapabilities(stack.sessions.dialogs, request, this.parts.runtime.clock);
  }

  /** As `SipClient.contact`. */
  async contact(): Promise<string> {
    const { line } = await this.open();
    return line.contact();
  }

  /**
   * Ends its calls, unregisters, and forgets it: the client goes on with the others. Resolves when that is
   * done; peers that do not answer hold it up for two seconds at most. Rejects with `BAD_ACCOUNT` for the
   * client's own, which is there until `SipClient.close`.
   */
  remove(): Promise<void> {
    const { remove } = this.parts;
    if (remove === undefined) {
      const what = `${this.uri} is the client's own: close the client`;
      return Promise.reject(new StrowgerError('BAD_ACCOUNT', what));
    }
    this.removing ??= this.removeBy(remove);
    return this.removing;
  }

  /** @internal */
  async reach(): Promise<Reach> {
    const { account, runtime } = this.parts;
    return { account, runtime, ...(await this.open()) };
  }

  /** @internal Throws `BAD_TARGET`, `NO_ROUTE`. */
  async wayTo(target: string): Promise<Way> {
    const to = targetUri(target, this.parts.account);
    const { line } = await this.open();
    return this.wayOver(line, to);
  }

  /** @internal Its line, once something is to be done over it. */
  async open(): Promise<{ stack: ClientStack; line: Line }> {
    if (this.removing !== undefined) {
      throw new StrowgerError('ACCOUNT_REMOVED', `${this.uri} was removed`);
    }
    const stack = await this.parts.stack();
    this.line ??= this.lineOf(stack).catch((error: unknown) => {
      this.line = undefined;
      throw error;
    });
    return { stack, line: await this.line };
  }

  private async lineOf(stack: ClientStack): Promise<Line> {
    const line = await stack.line(this.parts.account);
    line.registration.events.on('change', (change) => this.events.emit('registration', change));
    return line;
  }

  private async wayOver(line: Line, to: SipUri): Promise<Way> {
    return { to, from: line.account.identity, ...(await line.routeTo(to)) };
  }

  private async removeBy(forget: (account: ClientAccount) => void): Promise<void> {
    forget(this);
    await this.line?.catch(() => {});
    const stack = await this.parts.opened()?.catch(() => undefined);
    await stack?.removeLine(this.parts.account);
  }
}
