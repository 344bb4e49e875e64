import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Clock, type Endpoint, Machine, type Random, type Timer } from '@strowger/runtime';
import type { Fingerprint, SrtpKeys } from '../sdp/index.ts';
import { ReplayWindow } from '../srtp/packet-index.ts';
import { CLIENT_TABLE, type ClientState } from './client-handshake.ts';
import { type Alert, ALERTS, DtlsFault } from './dtls-fault.ts';
import { type DtlsIdentity, signingKey } from './dtls-identity.ts';
import { CONTENT, type DtlsRecord, readRecords } from './dtls-records.ts';
import { FlightSender } from './flight-sender.ts';
import type {
  HandshakeContext,
  HandshakeInput,
  HandshakeOutput,
  MessageInput,
} from './handshake.ts';
import {
  HandshakeInbox,
  type HandshakeMessage,
  messageName,
  messageNumber,
} from './handshake-message.ts';
import type { ClientHello } from './hello.ts';
import { RecordCipher } from './record-cipher.ts';
import { SERVER_START, SERVER_TABLE, type ServerState } from './server-handshake.ts';

/** What a connection is made of. */
export interface DtlsConnectionOptions {
  readonly role: 'client' | 'server';
  readonly identity: DtlsIdentity;
  /** The other side's certificate fits one of them. */
  readonly fingerprints: readonly Fingerprint[];
  /** Whether who sends is known to receive at that address, as checks of ICE show. */
  readonly isVerified: boolean;
  /** Whether the other side has said, or shown, that it is at this address. */
  isPeer(from: Endpoint): boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** `to`: where the last message that counted came from; `undefined` before there was one. */
  send(datagram: Uint8Array, to: Endpoint | undefined): void;
  /** The keys of SRTP are there: told once. */
  onSecured(keys: { readonly send: SrtpKeys; readonly receive: SrtpKeys }): void;
  /**
   * It came to nothing: told once, in place of `onSecured`; `from`: whose message was the reason,
   * `undefined` where time has passed.
   */
  onFailed(reason: string, from: Endpoint | undefined): void;
}

/** How long a handshake may take. */
const PATIENCE_MS = 30_000;
const FINISHED = 20;

type Handshake<State extends { name: string }> = Machine<
  State,
  HandshakeInput,
  HandshakeOutput,
  HandshakeContext
>;

/**
 * A connection of DTLS 1.2 (RFC 6347) that exists for the keys of SRTP alone (RFC 5764): full
 * handshakes, both certificates, no renegotiation, no data. What a stranger sends changes nothing
 * that it cannot prove: an alert in the clear is no reason to give up, a client listens to those
 * alone whom it has asked, a server to whom the cookie came back from, and once there are keys
 * nothing in the clear counts.
 */
export class DtlsConnection {
  private readonly options: DtlsConnectionOptions;
  private readonly machine: Handshake<ClientState> | Handshake<ServerState>;
  private inbox = new HandshakeInbox();
  private readonly window = new ReplayWindow();
  private readonly sender: FlightSender;
  private readonly cookieSecret: Uint8Array;
  private readonly deadline: Timer;
  private opener: RecordCipher | undefined;
  private peer: Endpoint | undefined;
  private from: Endpoint | undefined;
  /** Who sent the last hello while nobody has shown a cookie. */
  private asker: Endpoint | undefined;
  /** Whether the last hello had the cookie in it. */
  private isShown = false;
  private told = '';
  private isOver = false;

  constructor(options: DtlsConnectionOptions) {
    const { role, identity, fingerprints, clock, random } = options;
    this.options = options;
    this.cookieSecret = random.bytes(32);
    const context = {
      random,
      certificate: identity.certificate,
      signingKey: signingKey(identity),
      fingerprints,
      ...(!options.isVerified && {
        cookie: {
          make: () => this.cookie(),
          isIn: (hello: ClientHello) => this.showsCookie(hello),
        },
      }),
    };
    const perform = (output: HandshakeOutput): void => this.perform(output);
    this.machine =
      role === 'client'
        ? new Machine({ table: CLIENT_TABLE, initial: { name: 'idle' }, context, perform })
        : new Machine({ table: SERVER_TABLE, initial: SERVER_START, context, perform });
    this.sender = new FlightSender({ clock, send: (one) => options.send(one, this.peer) });
    this.deadline = clock.arm(PATIENCE_MS, () => {
      this.fail(this.told || 'No handshake took place', undefined);
    });
    if (role === 'client') this.machine.input({ type: 'begin' });
  }

  /** Whether both sides have the keys. */
  get isSecured(): boolean {
    return this.machine.state.name === 'secured';
  }

  /** A datagram from the port of RTP that `isDtls`. Never throws. */
  receive(datagram: Uint8Array, from: Endpoint): void {
    if (this.isOver) return;
    this.from = from;
    try {
      for (const record of readRecords(datagram)) this.take(record);
    } catch (error) {
      if (!(error instanceof DtlsFault)) throw error;
      if (this.isSecured || this.isNobody(from)) return;
      this.peer = from;
      this.alert(error.alert);
      this.fail(error.message, from);
    }
  }

  /** Sends again what waits for an answer: there is a way to the other side only now. */
  resend(): void {
    if (!this.isOver && !this.isSecured) this.sender.resend();
  }

  /** Says goodbye where there is somebody to say it to. Idempotent. */
  close(): void {
    if (this.isOver) return;
    if (this.isSecured) this.alert('close_notify');
    this.end();
  }

  private take(record: DtlsRecord): void {
    if (record.epoch === 0) return this.takeClear(record);
    if (record.epoch !== 1 || !this.window.isNew(record.sequence)) return;
    const fragment = this.opener?.open(record);
    if (fragment === undefined) return;
    this.window.add(record.sequence);
    this.peer = this.from;
    if (record.type === CONTENT.alert) return this.takeAlert(fragment);
    // after it nothing is negotiated any more (RFC 5764 §5.2 knows renegotiation; nobody does it)
    if (record.type === CONTENT.handshake && fragment[0] === FINISHED) this.takeHandshake(fragment);
  }

  private takeClear({ type, fragment }: DtlsRecord): void {
    if (this.isSecured && type !== CONTENT.handshake) return;
    if (!this.isHeard()) return;
    if (type === CONTENT.alert) {
      this.told = `The other side refused the handshake (alert ${fragment[1]})`;
      return;
    }
    if (type !== CONTENT.handshake || fragment[0] === FINISHED) return;
    this.listenTo(fragment);
    if (!this.isForeign(fragment)) this.takeHandshake(fragment);
  }

  /** Whether messages in the clear may come from there at this point. */
  private isHeard(): boolean {
    const { isVerified, role } = this.options;
    if (isVerified || this.from === undefined) return true;
    if (role === 'client') return this.options.isPeer(this.from);
    return this.isUnasked || this.peer === undefined || sameEndpoint(this.from, this.peer);
  }

  /**
   * Whether nothing speaks for who sends: an address alone, which anybody can write into a packet, does
   * not, and no cookie that somebody elsewhere has shown.
   */
  private isNobody(from: Endpoint): boolean {
    const { isVerified, isPeer } = this.options;
    return this.isUnasked && !isVerified && !(this.isShown && isPeer(from));
  }

  /**
   * Whether the other side does not say that now: it takes no number away from what it will say. A
   * client's hello comes first, or again; the request for a cookie once.
   */
  private isForeign(fragment: Uint8Array): boolean {
    const name = messageName(fragment);
    const turn = this.inbox.turnOf(messageNumber(fragment));
    if (name === 'clientHello') return !this.isUnasked && turn !== 'taken';
    if (name !== 'helloVerifyRequest') return false;
    return turn === 'later' || (turn === 'next' && !this.machine.allows(name));
  }

  /** Whether nobody has shown the cookie yet: until then nobody is in anybody's way. */
  private get isUnasked(): boolean {
    return this.machine.state.name === 'helloAwaited';
  }

  /** Until a cookie comes back each hello is the first message, whatever was sent before (RFC 6347 §4.2.1). */
  private listenTo(fragment: Uint8Array): void {
    if (!this.isUnasked) return;
    const isPart = this.inbox.turnOf(messageNumber(fragment)) === 'next';
    if (isPart && sameEndpoint(this.from, this.asker)) return;
    this.asker = this.from;
    this.inbox = new HandshakeInbox(messageNumber(fragment));
  }

  private takeHandshake(fragment: Uint8Array): void {
    if (this.inbox.take(fragment) === 'repeated') return this.sender.answerRepeated();
    if (this.isSecured) return; // nothing is negotiated any more
    for (let next = this.inbox.shift(); next && !this.isOver; next = this.inbox.shift()) {
      this.takeMessage(next);
    }
  }

  private takeMessage(message: HandshakeMessage): void {
    const { name } = message;
    if (name === 'helloRequest') return; // RFC 5246 §7.4.1.1: it may be ignored
    if (name !== undefined && this.machine.allows(name)) {
      this.peer = this.from;
      this.machine.input({ type: name, message } as MessageInput); // a pair of its union
      return;
    }
    throw new DtlsFault('unexpected_message', `Unexpected ${name ?? 'message'}`);
  }

  private takeAlert([level, description]: Uint8Array): void {
    const isEnd = level === 2 || description === ALERTS.close_notify;
    const reason = `The other side gave up (alert ${description})`;
    if (isEnd && !this.isSecured) this.fail(reason, this.from);
    else if (isEnd) this.end();
  }

  private perform(output: HandshakeOutput): void {
    const isClient = this.options.role === 'client';
    switch (output.type) {
      case 'flight':
        return this.sender.start(output.messages, output.isLast);
      case 'keys': {
        const { client, server } = output.keys;
        this.sender.encipher(new RecordCipher(isClient ? client : server));
        this.opener = new RecordCipher(isClient ? server : client);
        return;
      }
      case 'secured': {
        const { client, server } = output.keys;
        this.deadline.cancel();
        if (isClient) this.sender.stop();
        const [send, receive] = isClient ? [client, server] : [server, client];
        return this.options.onSecured({ send, receive });
      }
      default:
        output satisfies never;
    }
  }

  /**
   * Of the address and nothing else: the answer to a hello that somebody has sent in its name is of use to
   * whoever is there.
   */
  private cookie(): Uint8Array {
    const { address = '', port = 0 } = this.from ?? {};
    const hmac = createHmac('sha256', this.cookieSecret).update(`${address} ${port}`);
    return hmac.digest().subarray(0, 20);
  }

  private showsCookie({ cookie: given }: ClientHello): boolean {
    const wanted = this.cookie();
    this.isShown = wanted.length === given.length && timingSafeEqual(wanted, given);
    return this.isShown;
  }

  private alert(name: Alert): void {
    const level = name === 'close_notify' ? 1 : 2;
    this.sender.say(CONTENT.alert, Uint8Array.from([level, ALERTS[name]]));
  }

  private fail(reason: string, from: Endpoint | undefined): void {
    if (this.isOver) return;
    this.end();
    this.options.onFailed(reason, from);
  }

  private end(): void {
    this.isOver = true;
    this.deadline.cancel();
    this.sender.stop();
  }
}

function sameEndpoint(one: Endpoint | undefined, other: Endpoint | undefined): boolean {
  return one?.port === other?.port && one?.address === other?.address;
}
