import type { DialogLayer, OutgoingRequest } from '@strowger/dialog-core';
import { Emitter, Machine, type Runtime, StrowgerError, type Timer } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import type { Account } from './account.ts';
import { notRegistered, readAnswer } from './register-answer.ts';
import {
  type RegistrationChange,
  type RegistrationInput,
  type RegistrationOutput,
  type RegistrationState,
  registrationTable,
} from './registration-table.ts';

/** What a registration needs around it. */
export interface RegistrationOptions {
  readonly runtime: Runtime;
  readonly dialogs: () => DialogLayer;
  readonly account: Account;
  /** The hops to the registrar, best first; rejects where there is none. */
  readonly locate: () => Promise<readonly Hop[]>;
  /** Our Contact for messages over this hop. */
  readonly contact: (hop: Hop) => string;
  /** Reads a 2xx that has bound this contact; whether it says that we are elsewhere. */
  readonly learn: (response: SipResponse, bound: { contact: string; hop: Hop }) => boolean;
  /** What was learnt holds no longer: nothing is bound. */
  readonly forget: () => void;
}

/** The events of a registration. */
export interface RegistrationEvents {
  change: RegistrationChange;
}

/** The shell of `registrationTable`: sends the REGISTERs of one contact (RFC 3261 §10.2). */
export class Registration {
  readonly events: Emitter<RegistrationEvents>;
  private readonly options: RegistrationOptions;
  private readonly machine: Machine<RegistrationState, RegistrationInput, RegistrationOutput>;
  private readonly callId: string;
  private last: OutgoingRequest | undefined;
  /** The Contact that the registrar has accepted. */
  private bound: string | undefined;
  private hops: readonly Hop[] = [];
  private attempts = 0;
  private timer: Timer | undefined;
  private closed = false;

  constructor(options: RegistrationOptions) {
    const { random, logger } = options.runtime;
    this.options = options;
    this.events = new Emitter((error) => logger.error({ error }, 'a listener threw'));
    this.callId = random.token(128);
    this.machine = new Machine<RegistrationState, RegistrationInput, RegistrationOutput>({
      table: registrationTable,
      initial: { name: 'unregistered' },
      context: undefined,
      perform: (output) => this.perform(output),
    });
  }

  get state(): RegistrationState['name'] {
    return this.machine.state.name;
  }

  /**
   * Registers, or registers anew. Resolves when the registrar accepted; rejects with
   * `REGISTRATION_REFUSED` where it never will, `UNREGISTERED` when it was ended meanwhile.
   */
  async register(): Promise<{ expiresSeconds: number }> {
    if (this.state === 'stopping' || this.state === 'unregistering') await this.unregister();
    if (this.closed) throw new StrowgerError('CLOSED', 'this client is closed');
    const outcome = this.outcome();
    this.take({ type: 'register', expiresSeconds: this.options.account.expiresSeconds });
    const change = await outcome;
    if (change.type === 'registered') return { expiresSeconds: change.expiresSeconds };
    throw notRegistered(change);
  }

  /** Removes the binding; resolves when that was answered, or nothing was to be removed. */
  async unregister(): Promise<void> {
    if (this.closed || this.isOver) return;
    const gone = this.next(({ type }) => type === 'unregistered');
    this.take({ type: 'unregister' });
    await gone;
  }

  /** A connection is gone: perhaps the one over which we can be reached. */
  connectionLost({ transport, address, port }: Hop): void {
    const isOurs = this.hops.some(
      (hop) => hop.transport === transport && hop.address === address && hop.port === port,
    );
    if (isOurs) this.take({ type: 'connectionLost', jitter: this.jitter() });
  }

  /** We are elsewhere: the registrar is told at once, and to forget where we were. */
  networkChanged(): void {
    this.take({ type: 'networkChanged' });
  }

  /** Unregisters, for `deadlineMs` at most. Afterwards nothing is sent, and no timer is armed. */
  async close(deadlineMs: number): Promise<void> {
    if (this.isOver) return this.stop();
    const deadline = this.options.runtime.clock.arm(deadlineMs, () => this.stop());
    await this.unregister();
    deadline.cancel();
    this.stop();
  }

  private get isOver(): boolean {
    return this.state === 'unregistered' || this.state === 'refused';
  }

  private stop(): void {
    if (this.closed) return;
    this.closed = true;
    this.timer?.cancel();
    this.forget();
    if (!this.isOver) this.events.emit('change', { type: 'unregistered' });
  }

  /** The first change after which it is clear what becomes of a `register`. */
  private outcome(): Promise<RegistrationChange> {
    return this.next(
      (change) => change.type !== 'registrationFailed' || change.retryMs === undefined,
    );
  }

  private next(isWanted: (change: RegistrationChange) => boolean): Promise<RegistrationChange> {
    return new Promise((resolve) => {
      const unsubscribe = this.events.on('change', (change) => {
        if (!isWanted(change)) return;
        unsubscribe();
        resolve(change);
      });
    });
  }

  private perform(output: RegistrationOutput): void {
    switch (output.type) {
      case 'send':
        void this.send(output.expiresSeconds);
        return;
      case 'arm':
        this.timer?.cancel();
        this.timer = this.options.runtime.clock.arm(output.delayMs, () =>
          this.take({ type: 'timer' }),
        );
        return;
      case 'disarm':
        this.timer?.cancel();
        return;
      case 'tell':
        if (isOff(output.event)) this.forget();
        this.events.emit('change', output.event);
        return;
      default:
        output satisfies never;
    }
  }

  /** Never rejects: what goes wrong is an input. */
  private async send(expiresSeconds: number): Promise<void> {
    const attempt = ++this.attempts;
    const isCurrent = (): boolean => attempt === this.attempts && !this.closed;
    /** An answer that was given up, as its connection was lost, is nobody's any more. */
    const answer = (input: RegistrationInput): void => {
      if (isCurrent()) this.take(input);
    };
    try {
      const hops = await this.options.locate();
      if (isCurrent()) this.request(hops, expiresSeconds, answer);
    } catch {
      answer({ type: 'failed', jitter: this.jitter() });
    }
  }

  private request(
    hops: readonly Hop[],
    expiresSeconds: number,
    answer: (input: RegistrationInput) => void,
  ): void {
    const { account } = this.options;
    const dialogs = this.options.dialogs();
    const [hop] = hops;
    if (hop === undefined) return answer({ type: 'failed', jitter: this.jitter() });
    this.hops = hops;
    const { instanceId } = account;
    const instance = instanceId === undefined ? '' : `;+sip.instance="<${instanceId}>"`;
    const contact = `${this.options.contact(hop)}${instance}`;
    this.last = dialogs.request(
      {
        method: 'REGISTER',
        requestUri: account.registrar,
        to: account.identity,
        from: account.identity,
        callId: this.callId,
        cseq: (this.last?.cseq ?? 0) + 1,
        hops,
        credentials: account.credentials,
        headers: [
          ['Contact', this.boundTo(contact)],
          ['Expires', expiresSeconds],
          ...(instanceId === undefined ? [] : ([['Supported', 'gruu']] as const)),
        ],
      },
      {
        onResponse: (response) => {
          const isBound = response.status < 300 && expiresSeconds > 0;
          // another server than the first may have answered
          const answerer = this.last?.hop ?? hop;
          const isElsewhere = isBound && this.learn(response, contact, answerer);
          const asked = { contact, asked: expiresSeconds, jitter: this.jitter(), isElsewhere };
          answer(readAnswer(response, asked));
        },
        onFailed: () => answer({ type: 'failed', jitter: this.jitter() }),
      },
    );
  }

  /** Where we were bound before: nobody is there any more (RFC 3261 §10.2.2). */
  private boundTo(contact: string): string {
    const { bound } = this;
    return bound === undefined || bound === contact ? contact : `${contact}, ${bound};expires=0`;
  }

  private learn(response: SipResponse, contact: string, hop: Hop): boolean {
    if (this.closed) return false;
    this.bound = contact;
    return this.options.learn(response, { contact, hop });
  }

  private forget(): void {
    this.bound = undefined;
    this.options.forget();
  }

  private take(input: RegistrationInput): void {
    if (!this.closed) this.machine.input(input);
  }

  private jitter(): number {
    return this.options.runtime.random.float();
  }
}

/** Whether the registrar does not know us any more. */
function isOff(change: RegistrationChange): boolean {
  if (change.type === 'registrationFailed') return change.retryMs === undefined;
  return change.type === 'unregistered';
}
