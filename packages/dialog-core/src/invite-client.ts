import { Machine, StrowgerError, type Timer } from '@strowger/runtime';
import {
  isSips,
  NameAddr,
  type SipRequest,
  type SipResponse,
  SipUri,
  type Uri,
} from '@strowger/sip-message';
import type { Hop, TransportName } from '@strowger/transaction-core';
import { ClientRequest, type ClientRequestUser } from './client-request.ts';
import type { Dialog } from './dialog.ts';
import type { CancelParts, MessageParts, OutgoingInviteUser } from './dialog-user.ts';
import { Forks } from './forks.ts';
import {
  type InviteClientInput,
  type InviteClientOutput,
  type InviteClientState,
  inviteClientTable,
} from './invite-client-table.ts';
import { halfDialogKey, type LayerContext, newCallId, tellStep } from './layer-context.ts';
import { locate } from './locate.ts';
import type { InviteOptions, OutgoingInvite } from './outgoing-invite.ts';
import { addressRequest } from './route-set.ts';
import { requestFields } from './session-expires.ts';
import { CREDENTIALS } from './success-ack.ts';

/** A day: longer is not waited for. */
const LONGEST_EXPIRES_SECONDS = 86_400;

/** What the dialog and the ACK of a further 2xx are made of. */
const ACKNOWLEDGED_BY = ['From', 'To', 'Call-ID', 'CSeq', 'Contact', ...CREDENTIALS];
const NOBODY: OutgoingInviteUser = { onAccepted() {}, onRejected() {}, onFailed() {} };
const LOCATING: InviteClientState = { name: 'locating' };

/** The shell of our INVITE outside of dialogs. */
export class InviteClient implements OutgoingInvite, ClientRequestUser {
  readonly callId: string;
  private readonly surroundings: LayerContext;
  private readonly options: InviteOptions;
  private user: OutgoingInviteUser;
  private readonly localTag: string;
  /** In the set of those that live: the same text. */
  private readonly halfDialog: string;
  private readonly nextHop: Uri;
  private request: SipRequest;
  private readonly forks: Forks;
  private client: ClientRequest | undefined;
  private cseq = 1;
  private expiry: Timer | undefined;
  private readonly machine: Machine<InviteClientState, InviteClientInput, InviteClientOutput>;

  constructor(context: LayerContext, options: InviteOptions, user: OutgoingInviteUser) {
    this.surroundings = context;
    this.options = options;
    this.user = user;
    this.callId = options.callId ?? newCallId(context);
    this.localTag = context.runtime.random.token();
    this.halfDialog = halfDialogKey(this.callId, this.localTag);
    const to = options.to instanceof NameAddr ? options.to : new NameAddr({ uri: options.to });
    const { requestUri, route, nextHop } = addressRequest(
      options.route ?? [],
      options.requestUri ?? to.uri,
    );
    this.nextHop = nextHop;
    const { reliableProvisionals = context.reliableProvisionals } = options;
    this.request = context.userAgent.request(
      {
        method: 'INVITE',
        reliableProvisionals,
        uri: requestUri,
        from: options.from.withTag(this.localTag).toString(),
        fromTag: this.localTag,
        to: to.withTag(undefined).toString(),
        callId: this.callId,
        cseq: 1,
        route,
      },
      inviteParts(context, options),
    );
    this.forks = new Forks(context, options, () => this.client);
    this.machine = new Machine(this); // of its own parts: see `tellStep`
    context.live.inviteClients.add(this);
    context.live.halfDialogs.add(this.halfDialog);
  }

  /** @internal */
  get table(): typeof inviteClientTable {
    return inviteClientTable;
  }

  /** @internal The table looks at nothing else. */
  get context(): undefined {
    return undefined;
  }

  /** @internal */
  get initial(): InviteClientState {
    return LOCATING;
  }

  /** @internal */
  onStep(from: InviteClientState, input: InviteClientInput, to: InviteClientState): void {
    tellStep(this.surroundings, 'inviteClient', { from, input, to });
  }

  get earlyDialogs(): readonly Dialog[] {
    return this.forks.early;
  }

  start(): void {
    const { hops, transport } = this.options;
    if (hops !== undefined) {
      const wanted = hops.filter((hop) => transport === undefined || hop.transport === transport);
      if (wanted.length > 0) this.machine.input({ type: 'located', hops: wanted });
      else this.machine.input({ type: 'transportFailed', error: noSuchHop(transport) });
      return;
    }
    locate(this.surroundings.sender, this.request, over(this.nextHop, transport), {
      onHops: (found) => this.machine.input({ type: 'located', hops: found }),
      onFailed: (error) => this.machine.input({ type: 'transportFailed', error }),
    });
  }

  cancel(parts: CancelParts = {}): void {
    this.machine.input({ type: 'cancel', parts });
  }

  close(): void {
    this.machine.input({ type: 'close' });
  }

  /** @internal */
  perform(output: InviteClientOutput): void {
    switch (output.type) {
      case 'send':
        return this.send(output.hops);
      case 'cancel':
        return this.client?.cancel(output.parts);
      case 'provisional':
        return this.provisional(output.response);
      case 'accept':
        return this.accept(output.response);
      case 'acceptAgain':
        return this.forks.acceptAgain(output.response);
      case 'decline':
        return this.forks.decline(output.response, output.end);
      case 'endEarlyDialogs':
        return this.forks.endEarly(output.end);
      case 'release':
        this.expiry?.cancel();
        this.forks.release();
        this.surroundings.live.inviteClients.delete(this);
        this.surroundings.live.halfDialogs.delete(this.halfDialog);
        return;
      case 'tellRejected':
        return this.tellLast().onRejected(output.response);
      case 'tellFailed':
        return this.tellLast().onFailed(output.reason);
      default:
        output satisfies never;
    }
  }

  private provisional(response: SipResponse): void {
    const dialog = this.forks.provisional(response);
    const tell = (): void => this.user.onProvisional?.(response, dialog);
    if (dialog === undefined) tell();
    else dialog.usage.receiveProvisional(response, tell);
  }

  private accept(response: SipResponse): void {
    const dialog = this.forks.accept(response);
    this.forgetRest();
    const user = this.tellLast();
    if (dialog === undefined) user.onFailed({ kind: 'cancelled' });
    else user.onAccepted(response, dialog);
  }

  /** Whoever hears the outcome hears nothing more, and need not live as long as the transaction. */
  private tellLast(): OutgoingInviteUser {
    const { user } = this;
    this.user = NOBODY;
    return user;
  }

  /** Further 2xx come for 32 s yet, and need little of the INVITE (RFC 3261 §13.2.2.4). */
  private forgetRest(): void {
    const { client } = this;
    if (client === undefined) return;
    client.keepOnly(ACKNOWLEDGED_BY);
    this.request = client.request;
  }

  private send(hops: readonly Hop[]): void {
    const { request, surroundings: context, options, nextHop: target, isSecure } = this;
    const contact = request.headers.has('contact') ? undefined : this.ownContact;
    const { credentials } = options;
    this.client = new ClientRequest(request, {
      context,
      target,
      hops,
      credentials,
      isSecure,
      contact,
      numbers: this,
      user: this,
    });
    this.client.send();
    this.armExpiry();
  }

  private readonly ownContact = (hop: Hop): string => {
    const { surroundings, options } = this;
    const party = surroundings.localParty({ kind: 'sent', from: options.from, hop });
    const contact = surroundings.userAgent.contact(hop, this.isSecure, party?.contact);
    return options.contactParams === undefined ? contact : `${contact}${options.contactParams}`;
  };

  /** @internal Of the request that is repeated with credentials. */
  nextCSeq(): number {
    this.cseq++;
    return this.cseq;
  }

  /** @internal */
  onResponse(response: SipResponse): void {
    const { status } = response;
    const type = status < 200 ? 'provisional' : status < 300 ? 'success' : 'refusal';
    this.machine.input({ type, response });
  }

  /** @internal */
  onTimeout(): void {
    this.machine.input({ type: 'timeout' });
  }

  /** @internal */
  onTransportError(error: StrowgerError): void {
    this.machine.input({ type: 'transportFailed', error });
  }

  /** @internal */
  onTerminated(): void {
    this.machine.input({ type: 'transactionOver' });
  }

  /** RFC 3261 §13.2.1: what is not answered within its Expires is cancelled. */
  private armExpiry(): void {
    const seconds = this.request.headers.get('expires');
    if (seconds === undefined || this.machine.state.name === 'finished') return;
    const delayMs = Math.min(seconds, LONGEST_EXPIRES_SECONDS) * 1000;
    this.expiry = this.surroundings.runtime.clock.arm(delayMs, () => this.cancel());
  }

  /** RFC 3261 §8.1.1.8: a `sips` Contact where request URI or first Route is `sips`. */
  private get isSecure(): boolean {
    return isSips(this.request.uri) || isSips(this.nextHop);
  }
}

/** What is looked up where the transport is given: `ws` names both WebSockets (RFC 7118 §5). */
function over(uri: Uri, transport: TransportName | undefined): Uri {
  if (transport === undefined || !(uri instanceof SipUri)) return uri;
  return uri.with({ params: uri.params.clone().set('transport', transport) });
}

function noSuchHop(transport: TransportName | undefined): StrowgerError {
  return new StrowgerError('NO_ROUTE', `no hop is reached by ${transport ?? 'anything'}`);
}

/** The owner's parts, and what the session timer asks for, unless the owner says so itself. */
function inviteParts({ sessionTimers }: LayerContext, options: InviteOptions): MessageParts {
  const { headers = [], body } = options;
  const isSaid = headers.some(([name]) => name.toLowerCase() === 'session-expires');
  if (sessionTimers === undefined || isSaid) return { headers, body };
  const { intervalSeconds: seconds, refresher, minSeconds } = sessionTimers;
  return { headers: [...headers, ...requestFields({ seconds, refresher }, minSeconds)], body };
}
