import type { Dialog, IncomingInvite, OutgoingInvite } from '@strowger/dialog-core';
import { StrowgerError } from '@strowger/runtime';
import type { ServerTransaction } from '@strowger/transaction-core';

/** Where a fake phone's call stands. */
export type PhoneCallState = 'calling' | 'ringing' | 'talking' | 'ended';

/** Why a fake phone's call is over. */
export type PhoneCallEnd =
  | { readonly kind: 'rejected'; readonly status: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'hungUp'; readonly by: 'local' | 'remote' }
  /** `timeout`, `transport`, `noAck` and the like. */
  | { readonly kind: 'failed'; readonly reason: string };

interface Surroundings {
  describe(direction: 'sendrecv' | 'sendonly'): { type: string; content: string };
  takeRequest(transaction: ServerTransaction): void;
}

/** One call of a `FakePhone`. */
export class PhoneCall {
  /** The statuses of the provisional responses that came. */
  readonly progress: number[] = [];
  /** Methods of the requests that came in the dialog. */
  readonly heard: string[] = [];
  /** Resolves when somebody answers; rejects with `CALL_ENDED` when nobody does. */
  readonly answered: Promise<void>;
  /** Resolves when it is over. */
  readonly ended: Promise<PhoneCallEnd>;
  state: PhoneCallState = 'calling';
  private readonly around: Surroundings;
  private incoming: IncomingInvite | undefined;
  private outgoing: OutgoingInvite | undefined;
  private talk: Dialog | undefined;
  private resolveAnswered: () => void = () => {};
  private rejectAnswered: (error: StrowgerError) => void = () => {};
  private resolveEnded: (end: PhoneCallEnd) => void = () => {};

  /** @internal */
  constructor(around: Surroundings) {
    this.around = around;
    this.answered = new Promise((resolve, reject) => {
      this.resolveAnswered = resolve;
      this.rejectAnswered = reject;
    });
    this.answered.catch(() => {}); // a test need not look at it
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
  }

  /** The confirmed dialog, for what this phone cannot do. */
  get dialog(): Dialog | undefined {
    return this.talk;
  }

  /** The INVITE that came in. */
  get request(): IncomingInvite['request'] | undefined {
    return this.incoming?.request;
  }

  /** Sends 180. */
  ring(): void {
    this.incoming?.ring();
  }

  /** Sends 200 with an answer. */
  answer(): void {
    if (this.incoming?.pending !== true) return;
    this.accepted(this.incoming.accept({ body: this.around.describe('sendrecv') }));
  }

  /** Refuses the call; 486 by default. */
  reject(status = 486): void {
    if (this.incoming?.pending !== true) return;
    this.incoming.reject(status);
    this.over({ kind: 'rejected', status });
  }

  /** Ends it: CANCEL before the answer, 480 to a call that came in, else BYE. */
  hangUp(): void {
    if (this.talk !== undefined) return this.talk.bye();
    if (this.incoming !== undefined) return this.reject(480);
    this.outgoing?.cancel();
  }

  /** Sends a re-INVITE; resolves with the final status. */
  hold(isHeld = true): Promise<number> {
    const { talk } = this;
    return new Promise((resolve) => {
      talk?.reinvite(
        { body: this.around.describe(isHeld ? 'sendonly' : 'sendrecv') },
        {
          onAccepted: ({ status }) => {
            talk.ack();
            resolve(status);
          },
          onRejected: ({ status }) => resolve(status),
          onFailed: () => resolve(408),
        },
      );
    });
  }

  /** Sends any other request in the dialog; resolves with the final status. */
  send(method: string, body?: { type: string; content: string }): Promise<number> {
    return new Promise((resolve) => {
      this.talk?.request(method, body === undefined ? {} : { body }, {
        onResponse: ({ status }) => resolve(status),
        onFailed: () => resolve(408),
      });
    });
  }

  /** @internal */
  placed(invite: OutgoingInvite): void {
    this.outgoing = invite;
  }

  /** @internal */
  came(invite: IncomingInvite): void {
    this.incoming = invite;
    this.state = 'ringing';
    const cancelled = (): void => this.over({ kind: 'cancelled' });
    invite.user = { onCancel: cancelled, onBye: cancelled };
  }

  /** @internal */
  progressed(status: number): void {
    this.progress.push(status);
    if (status >= 180) this.state = 'ringing';
  }

  /** @internal */
  accepted(dialog: Dialog): void {
    this.talk = dialog;
    this.state = 'talking';
    dialog.user = {
      onReinvite: (reinvite) => {
        this.heard.push('INVITE');
        reinvite.accept({ body: this.around.describe('sendrecv') });
      },
      onRequest: (transaction) => {
        this.heard.push(transaction.method);
        this.around.takeRequest(transaction);
      },
      onEnded: (end) =>
        this.over(
          end.kind === 'bye'
            ? { kind: 'hungUp', by: end.by }
            : { kind: 'failed', reason: end.kind },
        ),
    };
    this.resolveAnswered();
  }

  /** @internal */
  over(end: PhoneCallEnd): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.rejectAnswered(new StrowgerError('CALL_ENDED', `the call ended: ${end.kind}`));
    this.resolveEnded(end);
  }
}
