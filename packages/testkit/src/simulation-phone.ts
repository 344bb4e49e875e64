import { DialogLayer, type IncomingInvite } from '@strowger/dialog-core';
import { createResponse, NameAddr, uri } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import { writeFakeSdp } from './fake-sdp.ts';
import { PhoneCall } from './simulation-phone-call.ts';
import type { SimulatedHost } from './simulation-host.ts';

/** How a fake phone behaves. */
export interface FakePhoneOptions {
  /** What it does with a call; by default it rings and answers after a second. */
  readonly onCall?: (call: PhoneCall) => void;
  /** What it does with a request outside of dialogs; by default it answers 200. */
  readonly onRequest?: (transaction: ServerTransaction) => void;
  readonly username?: string;
  readonly password?: string;
}

/**
 * A phone for the tests of an application: it calls, rings, answers, holds, hangs up, sends INFO,
 * and has the production layers below. It speaks PCMU and hears nothing.
 */
export class FakePhone {
  readonly name: string;
  readonly host: SimulatedHost;
  readonly layer: DialogLayer;
  /** All calls, the oldest first. */
  readonly calls: PhoneCall[] = [];
  private readonly options: FakePhoneOptions;
  private versions = 0;

  /** @internal */
  constructor(host: SimulatedHost, options: FakePhoneOptions) {
    this.host = host;
    this.name = host.name;
    this.options = options;
    const { username = host.name, password } = options;
    const credentials = password === undefined ? undefined : () => ({ username, password });
    this.layer = new DialogLayer({
      runtime: host.runtime,
      sender: host,
      contactUser: host.name,
      userAgent: 'Strowger fake phone',
      ...(credentials === undefined ? {} : { credentials }),
      user: {
        onInvite: (invite) => this.take(invite),
        onRequest: (transaction) =>
          options.onRequest === undefined ? ok(transaction) : options.onRequest(transaction),
      },
    });
    host.receive = (inbound) => this.layer.receive(inbound);
  }

  /** Calls a SIP URI, another phone, or the user of a host: `sip:100@pbx`. */
  call(to: string | FakePhone): PhoneCall {
    const target = typeof to === 'string' ? to : `sip:${to.name}@${to.name}`;
    const call = new PhoneCall(this.surroundings);
    this.calls.push(call);
    const invite = this.layer.invite(
      { to: uri(target), from: this.address, body: this.describe() },
      {
        onProvisional: ({ status }) => call.progressed(status),
        onAccepted: (_, dialog) => {
          call.accepted(dialog);
          dialog.ack();
        },
        onRejected: ({ status }) => call.over({ kind: 'rejected', status }),
        onFailed: ({ kind }) => call.over({ kind: 'failed', reason: kind }),
      },
    );
    call.placed(invite);
    return call;
  }

  /** Registers at a host for `expiresS` seconds; resolves with the final status, 408 for none. */
  register(at: string, expiresS = 3600): Promise<number> {
    return new Promise((resolve) => {
      this.layer.request(
        {
          method: 'REGISTER',
          requestUri: uri(`sip:${at}`),
          to: uri(`sip:${this.name}@${at}`),
          from: new NameAddr({ uri: uri(`sip:${this.name}@${at}`) }),
          contactParams: `;expires=${expiresS}`,
        },
        { onResponse: ({ status }) => resolve(status), onFailed: () => resolve(408) },
      );
    });
  }

  /** What lives in its layers. */
  counts(): object {
    return this.layer.counts();
  }

  private get address(): NameAddr {
    return new NameAddr({ uri: uri(`sip:${this.name}@${this.name}`) });
  }

  private get surroundings() {
    return {
      describe: (direction: 'sendrecv' | 'sendonly') => this.describe(direction),
      takeRequest: ok,
    };
  }

  private take(invite: IncomingInvite): void {
    const call = new PhoneCall(this.surroundings);
    this.calls.push(call);
    call.came(invite);
    if (this.options.onCall !== undefined) return this.options.onCall(call);
    call.ring();
    this.host.runtime.clock.arm(1000, () => {
      if (call.state === 'ringing') call.answer();
    });
  }

  private describe(direction: 'sendrecv' | 'sendonly' = 'sendrecv'): {
    type: string;
    content: string;
  } {
    const { address } = this.host;
    const version = ++this.versions;
    const content = writeFakeSdp({
      id: 1,
      version,
      address,
      port: 4000,
      codecs: ['pcmu'],
      direction,
    });
    return { type: 'application/sdp', content };
  }
}

function ok(transaction: ServerTransaction): void {
  transaction.respond(createResponse(transaction.request, 200));
}
