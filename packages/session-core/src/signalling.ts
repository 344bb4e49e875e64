import type {
  Body,
  Dialog,
  DialogLayer,
  HeaderFields,
  IncomingInvite,
  IncomingOffer,
  IncomingRefer,
  IncomingReinvite,
  OutgoingInvite,
  OutgoingReinvite,
  OutgoingUpdate,
  UpdateUser,
} from '@strowger/dialog-core';
import { NameAddr, type SipRequest, type SipResponse, type Uri } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { CallOptions } from './call-options.ts';
import { type EndReason, rejected } from './end-reason.ts';
import type { InfoDigit } from './info-digit.ts';
import { type NextTarget, Redirections } from './redirections.ts';
import { answerInfo } from './request-in-dialog.ts';
import type { Sdp } from './media-backend.ts';
import type { Refused, SessionInput, SessionOutput } from './session-machine.ts';
import { sendCandidates } from './trickle-ice.ts';
import { endedBy, failedBy, refusedBy } from './signalling-end.ts';
import {
  accompanied,
  bodiesOf,
  hasForeignBody,
  reasonFields,
  reasonOf,
  refuseForBody,
  sdpBody,
  sdpOf,
} from './sip-body.ts';

/** @internal What the signalling of a session tells its session. */
export interface SignallingUser {
  input(input: SessionInput): void;
  onProgress(response: SipResponse): void;
  /** The callee is somewhere else, and is called there. */
  onRedirected(redirected: { status: number; from: Uri; to: Uri }): void;
  onDigit(digit: InfoDigit): void;
  /** Candidates of the peer that came later; rejects where they are not taken. */
  onCandidates(fragment: string): Promise<void>;
  onChangeOffered(withOffer: boolean): void;
  /** The session timer asks for a re-INVITE. */
  onRefresh(): void;
  /** What sessions know nothing of, or OPTIONS. */
  onRequest(transaction: ServerTransaction): void;
  /** The peer asks to contact somebody (RFC 3515). */
  onRefer(refer: IncomingRefer): void;
  /** A dialog of the session exists, or no longer does. */
  onDialog(dialog: Dialog, exists: boolean): void;
}

type SignallingOutput = Exclude<
  SessionOutput,
  {
    type:
      | 'openMedia'
      | 'moveMedia'
      | 'createOffer'
      | 'acceptOffer'
      | 'acceptAnswer'
      | 'adoptMedia'
      | 'rollback'
      | 'closeMedia'
      | 'prepared'
      | 'described'
      | 'changed';
  }
>;

/** An answer has one, and one more for every further round before the dialog. */
const MOST_FRAGMENTS = 8;

/** @internal A session's INVITE and dialog: outputs of the table out, what the peer does back. */
export class Signalling {
  dialog: Dialog | undefined;
  /** For the 200 and for refusals; set before the input that sends them. */
  headers: HeaderFields = [];
  /** For the 200 besides. */
  answerHeaders: HeaderFields = [];
  reason: string | undefined;
  private readonly user: SignallingUser;
  private readonly watched = new Set<Dialog>();
  /** What each fork has described so far: its 2xx need not say it again (RFC 6337 §3.1). */
  private readonly heard = new Map<Dialog, Sdp>();
  private outgoing: OutgoingInvite | undefined;
  private incoming: IncomingInvite | undefined;
  private reinvite: IncomingReinvite | IncomingOffer | undefined;
  private ours: OutgoingReinvite | OutgoingUpdate | undefined;
  private turn = 0;
  private placeCall: ((offer: string | undefined, next?: NextTarget) => OutgoingInvite) | undefined;
  private redirections: Redirections | undefined;
  private isCancelled = false;
  /** Of an offer of ours. */
  private bodyOf: (offer: Sdp) => Body = sdpBody;
  /** Candidates of ours for which there is no dialog yet. */
  private readonly candidates: string[] = [];
  private takenBodies: CallOptions['takenBodies'];

  constructor(user: SignallingUser) {
    this.user = user;
  }

  get earlyDialogs(): readonly Dialog[] {
    const { outgoing, incoming } = this;
    const dialogs = outgoing?.earlyDialogs ?? (incoming?.dialog ? [incoming.dialog] : []);
    return dialogs.filter(({ state }) => state === 'early');
  }

  /** Our call, once the table says `invite`. */
  plan(dialogs: DialogLayer, options: CallOptions, callId: string): void {
    const { to, from, route, credentials, headers = [], hops, transport } = options;
    const { followRedirects } = options;
    const first = options.requestUri ?? (to instanceof NameAddr ? to.uri : to);
    if (followRedirects !== undefined && followRedirects !== false) {
      const policy = followRedirects === true ? {} : followRedirects;
      this.redirections = new Redirections(first, headers, policy);
    }
    const { bodyParts } = options;
    this.takenBodies = options.takenBodies;
    if (bodyParts !== undefined) this.bodyOf = (offer) => accompanied(offer, bodyParts());
    this.placeCall = (offer, next) => {
      const body = offer === undefined ? undefined : this.bodyOf(offer);
      const invite = {
        to,
        from,
        route,
        credentials,
        transport,
        callId,
        contactParams: options.contactParams,
        body,
        requestUri: next?.uri ?? options.requestUri,
        headers: next === undefined ? headers : [...headers.filter(isOurs), ...next.headers],
        // where a route leads first, that has not changed
        hops: next === undefined || route !== undefined ? hops : undefined,
      };
      // an offer in a reliable 1xx would have to be answered before the call is
      const reliableProvisionals = offer === undefined ? ('never' as const) : undefined;
      return dialogs.invite(
        { ...invite, reliableProvisionals },
        {
          onProvisional: (response, dialog) => this.provisional(response, dialog),
          onAccepted: (response, dialog) => {
            this.adopt(dialog);
            const sdp = sdpOf(response) ?? this.heard.get(dialog);
            this.heard.clear();
            this.user.input({ type: 'accepted', ...described(sdp) });
          },
          onRejected: (response) => this.rejected(response, offer),
          onFailed: (reason) => this.over(failedBy(reason)),
        },
      );
    };
  }

  /** Follows a redirection where it may, or tries the next of several; else that was the answer. */
  private rejected(response: SipResponse, offer: string | undefined): void {
    const next = this.isCancelled ? undefined : this.redirections?.after(response);
    if (next === undefined) return this.over(refusedBy(response));
    this.heard.clear();
    this.user.onRedirected({ status: response.status, from: next.from, to: next.uri });
    if (this.isCancelled)
      this.over(refusedBy(response)); // whoever was told has hung up
    else this.invite(offer, next);
  }

  /** Tells candidates that came after our answer, once that has left. */
  sendCandidates(fragment: string): void {
    if (this.dialog !== undefined) sendCandidates(this.dialog, fragment);
    else if (this.candidates.length < MOST_FRAGMENTS) this.candidates.push(fragment);
  }

  /** The conference that our Contact names, where we are its focus (RFC 4579). */
  set focus(conference: string | undefined) {
    if (this.dialog !== undefined) this.dialog.focus = conference;
    else if (this.incoming !== undefined) this.incoming.focus = conference;
  }

  /** A call that came in. */
  take(invite: IncomingInvite): void {
    this.incoming = invite;
    const cancelledBy = (request: Parameters<typeof reasonOf>[0]): void =>
      this.user.input({ type: 'cancelReceived', why: reasonOf(request) });
    invite.user = {
      onCancel: cancelledBy,
      onBye: cancelledBy,
      onExpired: () => this.user.input({ type: 'cancelReceived', why: {} }),
      onNoPrack: () => this.user.input({ type: 'cancelReceived', why: { text: 'no PRACK' } }),
      onAck: (ack) => this.user.input({ type: 'ackReceived', ...described(sdpOf(ack)) }),
    };
  }

  /** A dialog of another process. Throws as `DialogLayer.restore` does. */
  goOn(dialogs: DialogLayer, snapshot: unknown, credentials: CallOptions['credentials']): void {
    this.adopt(dialogs.restore(snapshot, {}, { credentials }));
  }

  perform(output: SignallingOutput): void {
    switch (output.type) {
      case 'invite':
        return this.invite(output.offer);
      case 'cancel':
        this.isCancelled = true;
        return this.outgoing?.cancel({ headers: reasonFields(output.why) });
      case 'ack':
        return this.dialog?.ack(output.answer === undefined ? undefined : sdpBody(output.answer));
      case 'sendProgress':
        return this.progress(output);
      case 'accept':
        return this.accept(output.sdp);
      case 'refuse':
        return this.refuse(output.status);
      case 'bye':
        return this.dialog?.bye({ headers: reasonFields(output.why) });
      case 'reinvite':
        return this.sendChange(output.offer, output.byUpdate === true);
      case 'withdraw': {
        this.turn++;
        return this.ours?.withdraw();
      }
      case 'acceptChange':
        if (this.reinvite?.pending === true) this.reinvite.accept({ body: sdpBody(output.sdp) });
        return;
      case 'refuseChange':
        if (this.reinvite?.pending === true) this.reinvite.reject(output.status);
        return;
      default:
        output satisfies never;
    }
  }

  /** What cannot be sent (a full layer, a header that is not ours to set) ends the call. */
  private invite(offer: string | undefined, next?: NextTarget): void {
    try {
      this.outgoing = this.placeCall?.(offer, next);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.over(rejected('local', 503, { text }));
    }
  }

  private provisional(response: SipResponse, dialog: Dialog | undefined): void {
    if (dialog !== undefined) this.watch(dialog);
    const { status } = response;
    const sdp = sdpOf(response);
    if (dialog !== undefined && sdp !== undefined) this.heard.set(dialog, sdp);
    this.user.input({ type: 'provisional', status, ...described(sdp) });
    if (status > 100) this.user.onProgress(response);
  }

  private progress({ progress, sdp }: Extract<SessionOutput, { type: 'sendProgress' }>): void {
    const parts = sdp === undefined ? {} : { body: sdpBody(sdp) };
    this.incoming?.progress(progress.status, {
      ...parts,
      headers: progress.headers,
      reliable: progress.reliable,
    });
    const dialog = this.incoming?.dialog;
    if (dialog !== undefined) this.watch(dialog);
  }

  /** An answer that cannot be sent (a header that is not ours to set) ends the call as well. */
  private accept(sdp: string): void {
    const { incoming } = this;
    if (incoming?.pending !== true) return;
    const headers = [...this.headers, ...this.answerHeaders];
    try {
      this.adopt(incoming.accept({ headers, body: sdpBody(sdp) }));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      incoming.reject(500);
      this.user.input({ type: 'dialogEnded', reason: rejected('local', 500, { text }) });
    }
  }

  private refuse(status: number): void {
    if (this.incoming?.pending !== true) return;
    this.incoming.reject(status, { headers: this.headers, reason: this.reason });
  }

  private sendChange(offer: string, byUpdate: boolean): void {
    // what is told of a re-INVITE that was withdrawn concerns nobody
    const turn = ++this.turn;
    const told = (input: SessionInput): void => {
      if (this.turn === turn) this.user.input(input);
    };
    const refused = (message: string, how: Partial<Refused> = {}): void =>
      told({ type: 'changeRefused', code: 'CHANGE_REFUSED', message, ...how });
    const user: UpdateUser = {
      onAccepted: (response) => told({ type: 'changeAccepted', ...described(sdpOf(response)) }),
      onRejected: ({ status, reason }) => refused(`${status} ${reason}`, { status }),
      onFailed: ({ kind }) => refused(kind, kind === 'transport' ? { isUnsent: true } : {}),
    };
    const parts = { body: this.bodyOf(offer) };
    try {
      this.ours = byUpdate ? this.dialog?.update(parts, user) : this.dialog?.reinvite(parts, user);
    } catch (error) {
      // an UPDATE refreshes the session, or the BYE of the process before us waits for the ACK
      refused(error instanceof Error ? error.message : String(error));
    }
  }

  private adopt(dialog: Dialog): void {
    this.dialog = dialog;
    this.watch(dialog);
    for (const fragment of this.candidates.splice(0)) sendCandidates(dialog, fragment);
    dialog.user = {
      ...dialog.user,
      onReinvite: (reinvite) => this.takeReinvite(reinvite),
      onUpdate: (update) => this.takeUpdate(update),
      onUpdated: (update) => this.takeBodies(update),
      onRefresh: () => this.user.onRefresh(),
      onRefer: (refer) => this.user.onRefer(refer),
      onBye: (bye) => this.user.input({ type: 'byeReceived', why: reasonOf(bye) }),
    };
  }

  /** Early dialogs too take INFO and OPTIONS, and are found by their id. */
  private watch(dialog: Dialog): void {
    if (this.watched.has(dialog)) return;
    this.watched.add(dialog);
    this.user.onDialog(dialog, true);
    dialog.user = {
      onRequest: (transaction) => {
        if (transaction.method === 'INFO') answerInfo(transaction, this.user);
        else this.user.onRequest(transaction);
      },
      onEnded: (end) => {
        this.watched.delete(dialog);
        this.heard.delete(dialog);
        this.user.onDialog(dialog, false);
        if (dialog === this.dialog) {
          this.user.input({ type: 'dialogEnded', reason: endedBy(end) });
        }
      },
    };
  }

  private takeReinvite(reinvite: IncomingReinvite): void {
    if (this.refuseBodies(reinvite)) return;
    reinvite.user = {
      onCancel: () => this.user.input({ type: 'changeWithdrawn' }),
      onExpired: () => this.user.input({ type: 'changeWithdrawn' }),
      onAck: (ack) => this.user.input({ type: 'ackReceived', ...described(sdpOf(ack)) }),
    };
    this.takeOffer(reinvite);
  }

  private takeUpdate(update: IncomingOffer): void {
    if (this.refuseBodies(update)) return;
    update.user = { onWithdrawn: () => this.user.input({ type: 'changeWithdrawn' }) };
    this.takeOffer(update);
  }

  private takeOffer(change: IncomingReinvite | IncomingOffer): void {
    this.reinvite = change;
    const sdp = sdpOf(change.request);
    this.user.input({ type: 'changeOffered', ...described(sdp) });
    if (change.pending) this.user.onChangeOffered(sdp !== undefined);
    this.takeBodies(change.request);
  }

  private refuseBodies(change: IncomingReinvite | IncomingOffer): boolean {
    const types = this.takenBodies?.types;
    const isForeign = hasForeignBody(change.request, types);
    if (isForeign) refuseForBody(change, types);
    return isForeign;
  }

  private takeBodies(request: SipRequest): void {
    const { takenBodies } = this;
    if (takenBodies === undefined || request.body.length === 0) return;
    for (const part of bodiesOf(request, takenBodies.types)) takenBodies.onBody(part);
  }

  private over(reason: EndReason): void {
    this.user.input({ type: 'inviteOver', reason });
  }
}

/** Not of what `forwardingHeaders` writes. */
function isOurs([name]: HeaderFields[number]): boolean {
  return !/^(?:diversion|history-info)$/iu.test(name);
}

function described(sdp: string | undefined): { sdp?: string } {
  return sdp === undefined ? {} : { sdp };
}
