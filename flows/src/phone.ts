import {
  DialogLayer,
  type DialogLayerOptions,
  type HeaderFields,
  type IncomingInvite,
  type IncomingRefer,
  type IncomingSubscribe,
  type InviteOptions,
} from '@strowger/dialog-core';
import { createResponse, NameAddr, type SipResponse, uri } from '@strowger/sip-message';
import type { SimulatedHost } from '@strowger/testkit';
import type {
  CredentialSource,
  MessageSender,
  ServerTransaction,
} from '@strowger/transaction-core';
import { Call } from './call.ts';
import type { Direction } from './sdp.ts';
import type { Wire } from './wire.ts';

/** What a phone is made with. */
export interface PhoneOptions extends Partial<Omit<DialogLayerOptions, 'runtime' | 'sender'>> {
  /** Its address of record; by default `sip:NAME@NAME`. */
  readonly address?: string;
  readonly credentials?: CredentialSource;
}

/** How to place a call. */
export interface DialOptions extends Partial<Omit<InviteOptions, 'to' | 'body'>> {
  /** `undefined`: an INVITE without an offer. */
  readonly offer?: Direction | undefined;
}

/** A user agent on a simulated host that does what a story tells it. */
export class Phone {
  readonly name: string;
  readonly layer: DialogLayer;
  readonly address: string;
  /** All its calls, in the order in which they began. */
  readonly calls: Call[] = [];
  /** What it does with a call that comes in; by default it waits for the story. */
  onCall: (call: Call) => void = () => {};
  /** What it does with a request outside of dialogs. */
  onRequest: (transaction: ServerTransaction) => void = (transaction) =>
    transaction.respond(createResponse(transaction.request, 200));
  /** What it does when it is asked, outside of dialogs, to call somebody. */
  onRefer: (refer: IncomingRefer) => void = (refer) => refer.reject(603);
  /** What it does when somebody wants to watch it. */
  onSubscribe: (subscribe: IncomingSubscribe) => void = (subscribe) => subscribe.reject(403);
  private readonly wire: Wire;
  private current: SimulatedHost;
  private own: MessageSender;

  constructor(host: SimulatedHost, wire: Wire, options: PhoneOptions = {}) {
    const { address = `sip:${host.name}@${host.name}`, ...rest } = options;
    this.name = host.name;
    this.wire = wire;
    this.current = host;
    this.own = wire.sender(host);
    this.address = address;
    this.layer = new DialogLayer({
      runtime: host.runtime,
      sender: this.sender,
      contactUser: host.name,
      user: {
        onInvite: (invite) => this.receive(invite),
        onRequest: (transaction) => this.onRequest(transaction),
        onRefer: (refer) => this.onRefer(refer),
        onSubscribe: (subscribe) => this.onSubscribe(subscribe),
      },
      ...rest,
    });
    this.moveTo(host);
  }

  /** Where it is. */
  get host(): SimulatedHost {
    return this.current;
  }

  /** It gets another address: what is sent to the one before is heard no more. */
  moveTo(host: SimulatedHost): void {
    this.current.receive = undefined;
    this.current = host;
    this.own = this.wire.sender(host);
    host.receive = (inbound) => this.layer.receive(inbound);
  }

  /** Its last call. */
  get last(): Call {
    const call = this.calls.at(-1);
    if (call === undefined) throw new Error(`${this.name} has no call`);
    return call;
  }

  /** The address for From and Refer-To. */
  get nameAddr(): NameAddr {
    return new NameAddr({ uri: uri(this.address) });
  }

  /** Calls `bob`, which is `sip:bob@bob`, or an address written out. */
  call(to: string, options: DialOptions = {}): Call {
    const { offer, ...rest } = options;
    const call = new Call(this.host.address);
    this.calls.push(call);
    call.offered = !('offer' in options) || offer !== undefined;
    const body = call.offered ? { body: call.describe(offer) } : {};
    const target = to.includes(':') ? to : `sip:${to}@${to}`;
    call.outgoing = this.layer.invite(
      { to: uri(target), from: this.nameAddr, ...body, ...rest },
      call.caller,
    );
    return call;
  }

  /** A request outside of dialogs; resolves with its final response. */
  ask(
    method: string,
    target: string,
    options: {
      headers?: HeaderFields;
      contactParams?: string;
      callId?: string;
      cseq?: number;
    } = {},
  ): Promise<SipResponse> {
    const { promise, resolve, reject } = deferred<SipResponse>();
    const { address } = this;
    const to = method === 'REGISTER' ? address : target;
    this.layer.request(
      { method, requestUri: uri(target), to: uri(to), from: this.nameAddr, ...options },
      { onResponse: resolve, onFailed: ({ kind }) => reject(new Error(kind)) },
    );
    return promise;
  }

  after(ms: number, act: () => void): void {
    this.host.runtime.clock.arm(ms, act);
  }

  private get sender(): MessageSender {
    return {
      locate: (target, sizeBytes) => this.own.locate(target, sizeBytes),
      sentBy: (hop) => this.own.sentBy(hop),
      send: (message, hop, failed) => this.own.send(message, hop, failed),
    };
  }

  private receive(invite: IncomingInvite): void {
    const call = new Call(this.host.address);
    call.incoming = invite;
    invite.user = call.callee;
    this.calls.push(call);
    this.onCall(call);
  }
}

function deferred<T>(): {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
