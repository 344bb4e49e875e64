import type { DialogLayer } from '@strowger/dialog-core';
import { Emitter, Machine, type Runtime, type Timer } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import type { Account } from './account.ts';
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
  readonly dialogs: DialogLayer;
  readonly account: Account;
  /** The hops to the registrar, best first. */
  readonly locate: () => Promise<readonly Hop[]>;
}

/** The events of a registration. */
export interface RegistrationEvents {
  change: RegistrationChange;
}

/** The shell of `registrationTable`: sends the REGISTERs of one contact (RFC 3261 §10.2). */
export class Registration {
  readonly events = new Emitter<RegistrationEvents>();
  private readonly options: RegistrationOptions;
  private readonly machine: Machine<RegistrationState, RegistrationInput, RegistrationOutput>;
  private readonly callId: string;
  private cseq = 1;
  private timer: Timer | undefined;
  private usedHop: Hop | undefined;

  constructor(options: RegistrationOptions) {
    this.options = options;
    this.callId = options.runtime.random.token(128);
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

  /** The hop that the last REGISTER took: the way by which we are reached. */
  get hop(): Hop | undefined {
    return this.usedHop;
  }

  register(): void {
    this.machine.input({ type: 'register', expiresSeconds: this.options.account.expiresSeconds });
  }

  unregister(): void {
    this.machine.input({ type: 'unregister' });
  }

  /** The connection to the registrar is gone. */
  connectionLost(): void {
    this.machine.input({ type: 'connectionLost' });
  }

  /** Forgets the timer: nothing is sent any more. */
  close(): void {
    this.timer?.cancel();
  }

  private perform(output: RegistrationOutput): void {
    switch (output.type) {
      case 'send':
        void this.send(output.expiresSeconds);
        return;
      case 'arm':
        this.timer?.cancel();
        this.timer = this.options.runtime.clock.arm(output.delayMs, () =>
          this.machine.input({ type: 'timer' }),
        );
        return;
      case 'disarm':
        this.timer?.cancel();
        return;
      case 'tell':
        this.events.emit('change', output.event);
        return;
      default:
        output satisfies never;
    }
  }

  private async send(expiresSeconds: number): Promise<void> {
    const { account, dialogs, locate } = this.options;
    let hops: readonly Hop[];
    try {
      hops = await locate();
    } catch {
      this.failed();
      return;
    }
    const [hop] = hops;
    if (hop === undefined) {
      this.failed();
      return;
    }
    this.usedHop = hop;
    const contact = dialogs.contact(hop);
    const request = dialogs.request(
      {
        method: 'REGISTER',
        requestUri: account.registrar,
        to: account.identity,
        from: account.identity,
        callId: this.callId,
        cseq: this.cseq,
        hops,
        credentials: account.credentials,
        headers: [
          ['Contact', contact],
          ['Expires', expiresSeconds],
        ],
      },
      {
        onResponse: (response) => {
          this.cseq = request.cseq + 1;
          this.answered(response, contact, expiresSeconds);
        },
        onFailed: () => {
          this.cseq = request.cseq + 1;
          this.failed();
        },
      },
    );
  }

  private answered(response: SipResponse, contact: string, asked: number): void {
    if (response.status >= 200 && response.status < 300) {
      this.machine.input({
        type: 'accepted',
        expiresSeconds: grantedSeconds(response, contact) ?? asked,
      });
      return;
    }
    const minExpiresSeconds = response.headers.get('min-expires');
    const retryAfterSeconds = response.headers.get('retry-after')?.seconds;
    this.machine.input({
      type: 'rejected',
      status: response.status,
      jitter: this.options.runtime.random.float(),
      ...(minExpiresSeconds === undefined ? {} : { minExpiresSeconds }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }

  private failed(): void {
    this.machine.input({ type: 'failed', jitter: this.options.runtime.random.float() });
  }
}

/** What the registrar granted to this contact (RFC 3261 §10.2.4). */
function grantedSeconds(response: SipResponse, contact: string): number | undefined {
  const contacts = response.headers.get('contact');
  const expires = response.headers.get('expires');
  if (contacts === undefined || contacts === '*') return expires;
  const ours = contacts.find(({ uri }) => contact.includes(uri.toString())) ?? contacts[0];
  const granted = Number(ours?.params.get('expires'));
  return Number.isSafeInteger(granted) && granted > 0 ? granted : expires;
}
