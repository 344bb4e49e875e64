import type { StrowgerError } from '@strowger/runtime';
import { createResponse, type SipRequest, type SipResponse } from '@strowger/sip-message';
import type { ServerContext } from './invite-server.ts';
import type { LingeringServer, ServerLingerTimer, Remains } from './lingering.ts';
import { hasMagicCookie } from './matching.ts';
import type { Inbound } from './message-sender.ts';
import type { ServerPlace } from './server-place.ts';
import type { TimerSettings } from './timer-settings.ts';
import { note, noteTimeout } from './trouble.ts';
import { type Told, TransactionShell, type TransactionSurroundings } from './transaction-shell.ts';

/** What the owner of a server transaction wants to hear; all of it may be left out. */
export interface ServerTransactionUser {
  /**
   * A CANCEL came before a final response and got its 200 (RFC 3261 §9.2). Answer the INVITE with
   * 487; where this is absent the transaction does that itself.
   */
  onCancel?(cancel: SipRequest): void;
  /**
   * No ACK came to our failure (timer H), or the client has given up on a request that we left
   * unanswered for 64*T1 (RFC 4320 §4.2). The transaction is over.
   */
  onTimeout?(): void;
  /** A response could not be sent. An INVITE's transaction lives on (RFC 6026 §7.1). */
  onTransportError?(error: StrowgerError): void;
  /** The transaction is over and forgotten; told once, last. */
  onTerminated?(): void;
}

/** What the layer does for its server transactions. */
export interface ServerTransactionOwner {
  onRequest(transaction: ServerTransaction): void;
  onAck(ack: SipRequest, inbound: Inbound): void;
  onReleased(transaction: ServerTransaction): void;
  /** From now on what remains of the transaction is filed in its place, until this timer. */
  linger(remains: Remains, timer: ServerLingerTimer, ms: number): LingeringServer;
}

interface ServerTransactionParts {
  readonly around: TransactionSurroundings;
  readonly owner: ServerTransactionOwner;
  readonly place: ServerPlace;
}

/** One object for all that have no user yet: it is replaced, never changed. */
const NOBODY: ServerTransactionUser = {};

/** One request that came in, and its responses (RFC 3261 §17.2). Made by the `TransactionLayer`. */
export class ServerTransaction {
  /** The request as it was received; never to be changed. */
  readonly request: SipRequest;
  /** How the request came in. */
  readonly inbound: Inbound;
  /** @internal Where it is filed. */
  readonly place: ServerPlace;
  private readonly around: TransactionSurroundings;
  private readonly owner: ServerTransactionOwner;
  private readonly shell: TransactionShell;
  private tag: string | undefined;
  private told: ServerTransactionUser = NOBODY;
  private rest: LingeringServer | undefined = undefined;
  /** The CANCEL that the present step tells of. */
  private cancel: SipRequest | undefined;

  /** @internal */
  constructor(
    request: SipRequest,
    inbound: Inbound,
    { around, owner, place }: ServerTransactionParts,
  ) {
    this.request = request;
    this.inbound = inbound;
    this.place = place;
    this.around = around;
    this.owner = owner;
    const machine = request.method === 'INVITE' ? 'inviteServer' : 'nonInviteServer';
    const context = new RequestContext(request, inbound, around.timers);
    this.shell = new TransactionShell({ machine, context }, inbound.hop, { around, owner: this });
  }

  get method(): string {
    return this.request.method;
  }

  /** Set by the owner within `onRequest`. */
  get user(): ServerTransactionUser {
    return this.told;
  }

  set user(user: ServerTransactionUser) {
    this.told = user;
    if (this.rest !== undefined) this.rest.user = user;
  }

  /** `trying`, `proceeding`, `completed`, `confirmed`, `accepted` or `terminated`. */
  get state(): string {
    return this.shell.state;
  }

  /** The To tag of our responses: the request's own within a dialog, else made when first needed. */
  get localTag(): string {
    this.tag ??= this.request.toTag ?? this.around.runtime.random.token();
    return this.tag;
  }

  /**
   * Sends a response. One above 100 without a To tag is given `localTag` (RFC 3261 §8.2.6.2). What
   * comes too late is dropped: a second final response, anything after the end. To other requests
   * than INVITE no provisional but 100 is sent, and that by the transaction itself when it is time,
   * and no 408 ever (RFC 4320 §4).
   */
  respond(response: SipResponse): void {
    const { status } = response;
    if (status > 100) this.fixTag(response);
    const type = status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure';
    if (this.shell.input({ type, response }) !== 'refused') return;
    const { callId, method } = this.request;
    this.around.runtime.logger.debug({ callId, method, status }, 'response came too late');
  }

  /** @internal */
  start(): void {
    this.shell.input({ type: 'request' });
    // not within the step: what the user answers has to leave before anything that it sends after that
    this.owner.onRequest(this);
  }

  /** @internal The same request came once more. */
  receiveAgain(): void {
    this.shell.input({ type: 'request' });
  }

  /** @internal Whether the ACK was this transaction's. */
  receiveAck(ack: SipRequest, inbound: Inbound): boolean {
    if (this.method !== 'INVITE') return false;
    // an ACK of RFC 2543 shares its branch with nothing: only the tag tells (§17.2.3)
    if (!hasMagicCookie(ack) && ack.toTag !== this.tag) return false;
    if (this.state === 'confirmed') {
      note(this.around, 'absorbed', { message: ack, hop: inbound.hop });
    }
    this.shell.input({ type: 'ack', ack, inbound });
    return true;
  }

  /** @internal */
  receiveCancel(cancel: SipRequest): void {
    if (this.method !== 'INVITE') return;
    this.shell.input({ type: 'cancel', cancel });
    if (this.cancel === undefined) return;
    this.cancel = undefined;
    // not within the step: its 487 has to leave before anything that the owner may do after it
    if (this.user.onCancel !== undefined) this.user.onCancel(cancel);
    else this.respond(createResponse(this.request, 487));
  }

  /** @internal */
  close(): void {
    this.shell.close();
  }

  private noteTimeout(): void {
    const missing = this.method === 'INVITE' ? 'ack' : 'answer';
    noteTimeout(this.around, { missing, request: this.request, hop: this.shell.hop });
  }

  private fixTag(response: SipResponse): void {
    const tag = response.toTag;
    if (tag === undefined) response.headers.set('To', response.to.withTag(this.localTag));
    else this.tag ??= tag;
  }

  /** @internal What is left of it once it only lingers, for owners that need no more of it. */
  get remains(): LingeringServer | undefined {
    return this.rest;
  }

  /** @internal Only what may still be needed is kept: the request goes with its last user. */
  linger(timer: ServerLingerTimer, ms: number): LingeringServer {
    const { place, tag, told: user, method, request, shell } = this;
    const remains: Remains = {
      isInvite: method === 'INVITE',
      // the states in which the tables arm these timers
      name: shell.state as Remains['name'],
      response: shell.response,
      hop: shell.hop,
      place,
      // within a dialog our tag is part of the request, which nobody has to hold for that
      tag: request.toTag === undefined || !hasMagicCookie(request) ? tag : undefined,
      user,
    };
    this.rest = this.owner.linger(remains, timer, ms);
    return this.rest;
  }

  /** @internal */
  tell(output: Told): void {
    switch (output.type) {
      case 'tellRequest':
        return; // told by `start`, when the step is over
      case 'tellAck':
        return this.owner.onAck(output.ack, output.inbound);
      case 'tellCancel':
        this.cancel = output.cancel;
        return;
      case 'tellTimeout':
        this.noteTimeout();
        return this.user.onTimeout?.();
      case 'tellTransportError':
        return this.user.onTransportError?.(output.error);
      case 'release':
        this.owner.onReleased(this);
        return;
      case 'tellResponse':
      case 'sendCancel':
        return; // outputs of client transactions
    }
  }
}

/** What the table looks at. A class, as there are as many of them as transactions. */
class RequestContext implements ServerContext {
  readonly reliable: boolean;
  readonly timers: TimerSettings;
  private readonly incoming: SipRequest;

  constructor(request: SipRequest, { hop }: Inbound, timers: TimerSettings) {
    this.incoming = request;
    this.reliable = hop.transport !== 'udp';
    this.timers = timers;
  }

  buildTrying(): SipResponse {
    return createResponse(this.incoming, 100);
  }
}
