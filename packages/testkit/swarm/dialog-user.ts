import {
  type Dialog,
  DialogLayer,
  type IncomingInvite,
  type IncomingReinvite,
} from '@strowger/dialog-core';
import { createResponse, NameAddr, uri } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { SimulatedHost } from '../src/simulation-host.ts';
import type { Machine } from '../src/simulation-process.ts';
import { DialogLeg } from './dialog-leg.ts';
import { ask, ping, refer, takeRefer, update } from './dialog-requests.ts';
import { isOver, type Ledger, type Outgoing, type User, statusAgain } from './ledger.ts';
import type { Verb } from './plan.ts';
import type { Rows } from './rows.ts';

/** Who refuses the session intervals that all others ask for with 422 (RFC 4028 §6). */
const STRICT = 'u3';
/** How often the early media of a call come with the answer to its offer. */
const EARLY_ANSWERS = 0.5;

/** A user of dialogs: does what the plan says, and answers what it is asked. */
export class DialogUser implements User {
  readonly name: string;
  private readonly host: SimulatedHost;
  private readonly ledger: Ledger;
  private readonly rows: Rows;
  private layer: DialogLayer;
  private legs = new Map<string, DialogLeg>();
  /** Those of the process before. */
  private dead = new Map<string, DialogLeg>();
  private numbers = 0;

  constructor(host: SimulatedHost, ledger: Ledger, rows: Rows) {
    this.host = host;
    this.name = host.name;
    this.ledger = ledger;
    this.rows = rows;
    this.layer = this.boot();
  }

  counts(): object {
    return this.layer.counts();
  }

  kill(): void {
    this.ledger.tell(this.name, 'gone', { callId: '', key: '', detail: 'killed' });
    this.dead = this.legs;
    this.legs = new Map();
  }

  restart(): readonly string[] {
    this.layer = this.boot();
    for (const [key, text] of this.host.disk) this.restore(key, text);
    for (const [callId, { leg }] of this.dead) {
      if (!this.legs.has(callId) && !isOver(leg)) leg.isLost = true;
    }
    return [...this.legs.keys()];
  }

  call(callId: string, { to, transport, isLateOffer, route }: Outgoing): void {
    if (!this.host.isUp) {
      this.ledger.leg(callId, this.name, 'caller').isLost = true;
      return;
    }
    const leg = this.open(callId, 'caller');
    const offer = isLateOffer ? undefined : leg.describe();
    const key = leg.nextKey('INVITE');
    leg.tell('asked', key);
    const outcome = (text: string): void => {
      leg.leg.outcome = text;
      leg.tell('outcome', key, text);
    };
    leg.outgoing = this.layer.invite(
      {
        callId,
        to: uri(`sip:${to}@${to}${transport === 'tcp' ? ';transport=tcp' : ''}`),
        from: new NameAddr({ uri: uri(`sip:${this.name}@${this.name}`) }),
        ...(offer === undefined ? {} : { body: offer }),
        ...(route === undefined ? {} : { route: [new NameAddr({ uri: uri(route) })] }),
      },
      {
        onProvisional: (response, dialog) => {
          if (dialog === undefined) return;
          leg.early = this.watch(leg, dialog);
          const theirs = response.text();
          if (offer !== undefined && theirs !== '') leg.negotiated(offer.content, theirs);
        },
        onAccepted: (response, dialog) => {
          outcome('accepted');
          leg.dialog = this.watch(leg, dialog);
          const theirs = response.text();
          const answer = offer === undefined ? leg.describe() : undefined;
          // the answer may have come with a reliable provisional
          if (theirs !== '') leg.negotiated(offer?.content ?? theirs, answer?.content ?? theirs);
          dialog.ack(answer);
        },
        onRejected: ({ status }) => outcome(`rejected ${status}`),
        onFailed: ({ kind }) => outcome(`failed ${kind}`),
      },
    );
  }

  perform(callId: string, verb: Verb): void {
    const leg = this.legs.get(callId);
    if (leg === undefined) return;
    const { incoming, outgoing } = leg;
    const dialog = leg.dialog?.state === 'confirmed' ? leg.dialog : undefined;
    const pending = incoming?.pending === true ? incoming : undefined;
    switch (verb) {
      case 'ring':
        pending?.ring();
        return this.watchEarly(leg, pending);
      case 'earlyMedia':
        if (pending !== undefined) this.showEarly(leg, pending);
        return this.watchEarly(leg, pending);
      case 'answer':
        return pending === undefined ? undefined : this.answer(leg, pending);
      case 'reject':
      case 'busyEverywhere':
        return pending === undefined ? undefined : reject(leg, pending, verb);
      case 'cancel':
        if (outgoing !== undefined && leg.leg.outcome === undefined) leg.leg.wasCancelled = true;
        return outgoing?.cancel();
      case 'earlyBye':
        if (outgoing?.earlyDialogs[0] !== undefined) leg.leg.wasCancelled = true;
        return outgoing?.earlyDialogs[0]?.bye();
      case 'bye':
        return leg.dialog?.bye();
      case 'reinvite':
      case 'lateReinvite':
      case 'hold':
      case 'resume':
        if (verb === 'hold' || verb === 'resume') leg.isHeld = verb === 'hold';
        return dialog === undefined ? undefined : this.reinvite(leg, dialog, verb);
      case 'withdraw':
        return leg.reinviting?.withdraw();
      case 'info':
      case 'options':
        return dialog === undefined ? undefined : ask(leg, dialog, verb.toUpperCase());
      case 'update':
        return dialog === undefined ? undefined : update(leg, dialog);
      case 'earlyUpdate':
        return leg.readyForOffer === undefined ? undefined : update(leg, leg.readyForOffer);
      case 'refer':
        return dialog === undefined ? undefined : refer(leg, dialog, this.host);
      case 'ping':
        return ping(leg, this.layer, this.name);
      default:
        verb satisfies never;
    }
  }

  private boot(): DialogLayer {
    const running = this.host.start((machine: Machine) => {
      const layer = new DialogLayer({
        runtime: machine.runtime,
        sender: machine,
        contactUser: this.name,
        sessionTimers: { intervalSeconds: 90, minSeconds: this.name === STRICT ? 120 : 90 },
        onStep: ({ machine: table, from, input }) =>
          this.rows.take(`dialog-core ${table}`, from, input),
        onTransactionStep: ({ machine: table, from, input }) =>
          this.rows.take(`transaction-core ${table}`, from, input),
        user: {
          onInvite: (invite) => this.takeInvite(invite),
          onRequest: (transaction) => ok(transaction),
          onRefer: (referral) => referral.reject(403),
          onDialogChanged: (dialog) => this.save(machine, dialog),
        },
      });
      return { layer, receive: (inbound) => layer.receive(inbound) };
    });
    return running.layer;
  }

  /** On the disk at every moment, as JSON. */
  private save({ disk }: Machine, dialog: Dialog): void {
    const { callId, localTag, remoteTag } = dialog.id;
    const key = `${callId} ${localTag} ${remoteTag}`;
    if (dialog.state === 'terminated') {
      disk.delete(key);
      return;
    }
    if (!disk.has(key)) this.ledger.tell(this.name, 'saved', { callId, key, detail: '' });
    disk.set(key, JSON.stringify(dialog.snapshot()));
  }

  /** The session may have changed under way: it is described anew. */
  private restore(key: string, text: string): void {
    const [callId = ''] = key.split(' ');
    const leg = this.dead.get(callId);
    if (leg === undefined) throw new Error(`${key} was saved and nobody knows it`);
    const onAck = (): void => void (leg.leg.wasAcknowledged = true);
    const dialog = this.layer.restore(JSON.parse(text), {}, { onAck });
    Object.assign(leg, { incoming: undefined, outgoing: undefined, reinviting: undefined });
    leg.dialog = this.watch(leg, dialog);
    leg.leg.restored++;
    this.legs.set(callId, leg);
    if (dialog.state === 'confirmed') this.reinvite(leg, dialog, 'reinvite');
  }

  private open(callId: string, side: 'caller' | 'callee'): DialogLeg {
    const leg = new DialogLeg({
      ledger: this.ledger,
      leg: this.ledger.leg(callId, this.name, side),
      callId,
      number: Number(this.name.slice(1)) * 100_000 + this.numbers++,
      address: this.host.address,
    });
    this.legs.set(callId, leg);
    return leg;
  }

  private takeInvite(invite: IncomingInvite): void {
    const { callId } = invite.request;
    const known = this.legs.get(callId);
    if (known !== undefined || !callId.startsWith('call-')) {
      return invite.reject(statusAgain(known?.leg));
    }
    const leg = this.open(callId, 'callee');
    leg.incoming = invite;
    invite.user = {
      onCancel: () => (leg.leg.decision = 'cancelled'),
      onBye: () => (leg.leg.decision = 'cancelled'),
      onNoAck: () => (leg.leg.hadNoAck = true),
      // also where it has accepted: its 200 waits for the PRACK (RFC 3262 §3)
      onNoPrack: () => (leg.leg.decision = 'rejected 504'),
    };
  }

  private watchEarly(leg: DialogLeg, invite: IncomingInvite | undefined): void {
    if (invite?.dialog !== undefined) leg.early = this.watch(leg, invite.dialog);
  }

  private showEarly(leg: DialogLeg, invite: IncomingInvite): void {
    const offer = invite.request.text();
    const isFree = offer !== '' && !leg.isAnsweredEarly;
    if (!isFree || this.host.runtime.random.float() > EARLY_ANSWERS) return invite.progress(183);
    const body = leg.describe();
    leg.isAnsweredEarly = true;
    leg.negotiated(offer, body.content);
    invite.progress(183, { body });
  }

  private answer(leg: DialogLeg, invite: IncomingInvite): void {
    const offer = invite.request.text();
    const body = leg.isAnsweredEarly ? undefined : leg.describe();
    leg.leg.decision = 'accepted';
    if (offer !== '' && body !== undefined) leg.negotiated(offer, body.content);
    invite.user = {
      ...invite.user,
      onAck: (ack) => {
        leg.leg.wasAcknowledged = true;
        if (offer === '' && body !== undefined) leg.negotiated(body.content, ack.text());
      },
    };
    leg.dialog = this.watch(leg, invite.accept(body === undefined ? {} : { body }));
  }

  private watch(leg: DialogLeg, dialog: Dialog): Dialog {
    const { callId, localTag, remoteTag } = dialog.id;
    const key = `${callId} ${localTag} ${remoteTag}`;
    dialog.user = {
      onReinvite: (reinvite) => {
        leg.tell('heard', key, 'a re-INVITE');
        this.takeReinvite(leg, reinvite);
      },
      onRequest: (transaction) => {
        leg.tell('heard', key, transaction.method);
        ok(transaction);
      },
      onUpdate: (incoming) => {
        leg.tell('heard', key, 'UPDATE');
        const offer = incoming.request.text();
        const body = leg.describe();
        leg.negotiated(offer, body.content);
        incoming.accept({ body });
      },
      onRefer: (referral) => {
        leg.tell('heard', key, 'REFER');
        takeRefer(referral, this.host);
      },
      onRefresh: () => this.reinvite(leg, dialog, 'reinvite'),
      onBye: () => leg.tell('heard', key, 'BYE'),
      onEnded: (end) => {
        leg.tell('ended', key, end.kind);
        leg.leg.ends.push(end.kind);
      },
    };
    return dialog;
  }

  /** At once, later, or not at all. */
  private takeReinvite(leg: DialogLeg, reinvite: IncomingReinvite): void {
    const chance = this.host.runtime.random.float();
    if (chance < 0.1) return reinvite.reject(488);
    const accept = (): void => {
      if (!reinvite.pending) return;
      const offer = reinvite.request.text();
      const body = leg.describe();
      reinvite.user = {
        onAck: (ack) => {
          if (offer === '') leg.negotiated(body.content, ack.text());
        },
      };
      if (offer !== '') leg.negotiated(offer, body.content);
      reinvite.accept({ body });
    };
    if (chance < 0.8) return accept();
    reinvite.progress(chance < 0.9 ? 183 : 100);
    this.host.runtime.clock.arm(400, accept);
  }

  private reinvite(leg: DialogLeg, dialog: Dialog, verb: Verb): void {
    const offer = verb === 'lateReinvite' ? undefined : leg.describe();
    const key = leg.nextKey('reinvite');
    const outcome = (text: string): void => leg.tell('outcome', key, text);
    try {
      leg.reinviting = dialog.reinvite(offer === undefined ? {} : { body: offer }, {
        onAccepted: (response) => {
          outcome('accepted');
          const theirs = response.text();
          const answer = offer === undefined ? leg.describe() : undefined;
          leg.negotiated(offer?.content ?? theirs, answer?.content ?? theirs);
          dialog.ack(answer);
        },
        onRejected: ({ status }) => outcome(`rejected ${status}`),
        onFailed: ({ kind }) => outcome(`failed ${kind}`),
      });
    } catch (error) {
      tolerate(error, 'REINVITE_PENDING');
      return;
    }
    leg.tell('asked', key);
  }
}

function reject(leg: DialogLeg, invite: IncomingInvite, verb: 'reject' | 'busyEverywhere'): void {
  const status = verb === 'reject' ? 486 : 600;
  leg.leg.decision = `rejected ${status}`;
  invite.reject(status);
}

function ok(transaction: ServerTransaction): void {
  transaction.respond(createResponse(transaction.request, 200));
}

function tolerate(error: unknown, code: string): void {
  if (!(error instanceof Error && 'code' in error && error.code === code)) throw error;
}
