import {
  type Dialog,
  DialogLayer,
  type IncomingInvite,
  type OutgoingInvite,
} from '@strowger/dialog-core';
import {
  createResponse,
  NameAddr,
  type SipRequest,
  type SipResponse,
  uri,
} from '@strowger/sip-message';
import type { SimulatedHost, Simulation } from '@strowger/testkit';
import type { ServerTransaction } from '@strowger/transaction-core';

const CREDENTIALS_OF = (username: string, password: string) => () => ({ username, password });

/** What a test phone is made with. */
export interface PhoneOptions {
  readonly password?: string;
  /** Contact addresses of one user on several hosts; default: the user's name. */
  readonly host?: string;
  /** Option tags that it has beside those of its layer. */
  readonly supported?: readonly string[];
}

/** How an outgoing call of a phone goes. */
export interface PhoneCall {
  readonly invite: OutgoingInvite;
  dialog: Dialog | undefined;
  /** The final status, or why there is none. */
  outcome: number | string | undefined;
  /** Provisionals that came, and whether with a description: `180`, `183+`. */
  readonly progress: string[];
  final: SipResponse | undefined;
  /** The descriptions that came, in provisionals and in the 200. */
  readonly descriptions: string[];
}

/** A phone of a user, on real dialogs; what it hears and how its dialogs end stands in `log`. */
export class Phone {
  readonly name: string;
  readonly layer: DialogLayer;
  readonly host: SimulatedHost;
  readonly log: string[] = [];
  readonly calls: PhoneCall[] = [];
  /** The dialogs of answered calls, incoming and outgoing. */
  readonly dialogs: Dialog[] = [];
  readonly invites: IncomingInvite[] = [];
  readonly reinvites: string[] = [];
  /** Texts that came (RFC 3428). */
  readonly texts: SipRequest[] = [];
  /** What it was offered within dialogs, and answered to its own offers there. */
  readonly offers: string[] = [];
  readonly answers: string[] = [];
  /** Whether it takes no re-INVITE. */
  refusesReinvites = false;
  /** Milliseconds before a re-INVITE is answered. */
  reinviteMs = 0;
  /** What it does with a call; by default it rings, and answers after a second. */
  onInvite: (invite: IncomingInvite) => void = (invite) => {
    invite.ring();
    this.after(1000, () => this.answer(invite));
  };
  private readonly simulation: Simulation;
  private readonly credentials: () => { username: string; password: string };
  private cseq = 1;

  constructor(simulation: Simulation, name: string, options: PhoneOptions = {}) {
    const { password = `pw-${name}`, host = name, supported } = options;
    this.simulation = simulation;
    this.name = name;
    this.host = simulation.network.host(host, { listen: ['udp', 'tcp', 'tls'] });
    this.credentials = CREDENTIALS_OF(name, password);
    this.layer = new DialogLayer({
      runtime: this.host.runtime,
      sender: this.host,
      contactUser: name,
      ...(supported && { supported }),
      user: {
        onInvite: (invite) => this.receive(invite),
        onRequest: (transaction) => this.takeText(transaction),
      },
    });
    this.host.receive = (inbound) => this.layer.receive(inbound);
  }

  get address(): NameAddr {
    return new NameAddr({ displayName: this.name.toUpperCase(), uri: uri(`sip:${this.name}@pbx`) });
  }

  /** Registers for `seconds`, through another host where one is named; resolves with the status. */
  register(
    seconds = 3600,
    { via, headers = [] }: { via?: string; headers?: [string, string][] } = {},
  ): Promise<number> {
    return new Promise((resolve) => {
      const request = this.layer.request(
        {
          method: 'REGISTER',
          requestUri: uri('sip:pbx'),
          to: uri(`sip:${this.name}@pbx`),
          from: this.address,
          contactParams: `;expires=${seconds}`,
          callId: `register-${this.host.name}`,
          cseq: this.cseq,
          credentials: this.credentials,
          headers,
          ...(via === undefined ? {} : { route: [new NameAddr({ uri: uri(`sip:${via};lr`) })] }),
        },
        {
          onResponse: ({ status }) => {
            this.cseq = request.cseq + 1;
            resolve(status);
          },
          onFailed: () => resolve(0),
        },
      );
    });
  }

  /** Sends a text; resolves with the status. */
  text(user: string, text: string, { from = this.address } = {}): Promise<number> {
    const to = new NameAddr({ uri: uri(`sip:${user}@pbx`) });
    return new Promise((resolve) => {
      const body = { type: 'text/plain', content: text };
      this.layer.request(
        {
          method: 'MESSAGE',
          requestUri: to.uri,
          to,
          from,
          body,
          headers: [['Accept', 'text/plain']],
          credentials: this.credentials,
        },
        { onResponse: ({ status }) => resolve(status), onFailed: () => resolve(0) },
      );
    });
  }

  private takeText(transaction: ServerTransaction): void {
    const { method, request } = transaction;
    if (method !== 'MESSAGE') return;
    this.texts.push(request);
    transaction.respond(createResponse(request, 200));
  }

  call(
    number: string,
    options: {
      from?: NameAddr;
      body?: string | null;
      headers?: [string, string][];
      /** Default `sip:NUMBER@pbx`. */
      to?: string;
    } = {},
  ): PhoneCall {
    const { from = this.address, body = sdp(this.host.address), headers = [] } = options;
    const { to = `sip:${number}@pbx` } = options;
    const progress: string[] = [];
    const descriptions: string[] = [];
    const call: PhoneCall = {
      progress,
      descriptions,
      dialog: undefined,
      outcome: undefined,
      final: undefined,
      invite: this.layer.invite(
        {
          to: uri(to),
          from,
          headers,
          credentials: this.credentials,
          ...(body === null ? {} : { body: { type: 'application/sdp', content: body } }),
        },
        {
          onProvisional: (response) => {
            const {
              status,
              body: { length },
            } = response;
            if (length > 0) descriptions.push(response.text());
            if (status > 100) progress.push(length > 0 ? `${status}+` : String(status));
          },
          onAccepted: (response, dialog) => {
            Object.assign(call, { outcome: 200, dialog, final: response });
            if (response.body.length > 0) descriptions.push(response.text());
            this.own(dialog);
            const late =
              body === null
                ? { type: 'application/sdp', content: sdp(this.host.address) }
                : undefined;
            dialog.ack(late);
          },
          onRejected: (response) => {
            Object.assign(call, { outcome: response.status, final: response });
          },
          onFailed: ({ kind }) => {
            call.outcome = kind;
          },
        },
      ),
    };
    this.calls.push(call);
    return call;
  }

  answer(invite: IncomingInvite): void {
    if (!invite.pending) return;
    const content = answerTo(invite.request, sdp(this.host.address));
    this.own(invite.accept({ body: { type: 'application/sdp', content } }));
  }

  /** Rings with early media. */
  ringWithMedia(invite: IncomingInvite): void {
    const content = answerTo(invite.request, sdp(this.host.address));
    const body = { type: 'application/sdp', content };
    invite.progress(183, { body });
  }

  /** Puts the other side on hold, or takes it back; resolves with the direction it answers. */
  hold(dialog: Dialog, direction = 'sendonly', more: readonly string[] = []): Promise<string> {
    const lines = more.map((line) => `${line}\r\n`).join('');
    const body = { type: 'application/sdp', content: sdp(this.host.address, direction) + lines };
    return new Promise((resolve) => {
      dialog.reinvite(
        { body },
        {
          onAccepted: (response) => {
            dialog.ack();
            this.answers.push(response.text());
            resolve(directionOf(response));
          },
          onRejected: ({ status }) => resolve(String(status)),
          onFailed: ({ kind }) => resolve(kind),
        },
      );
    });
  }

  /** Sends an INFO in the dialog; resolves with its final status. */
  info(dialog: Dialog, type: string, content: string): Promise<number> {
    return new Promise((resolve) => {
      dialog.request(
        'INFO',
        { body: { type, content } },
        { onResponse: ({ status }) => resolve(status), onFailed: () => resolve(0) },
      );
    });
  }

  after(ms: number, act: () => void): void {
    this.simulation.clock.arm(ms, act);
  }

  close(): void {
    this.layer.close();
  }

  private receive(invite: IncomingInvite): void {
    this.invites.push(invite);
    invite.user = {
      onCancel: (cancel) => this.log.push(`CANCEL ${cancel.headers.raw('Reason').join()}`.trim()),
    };
    this.onInvite(invite);
  }

  private own(dialog: Dialog): void {
    this.dialogs.push(dialog);
    dialog.user = {
      onReinvite: (reinvite) => {
        const offered = directionOf(reinvite.request);
        this.reinvites.push(offered);
        this.offers.push(reinvite.request.text());
        if (this.refusesReinvites) return reinvite.reject(488);
        const answer = sdp(this.host.address, MIRROR[offered] ?? 'sendrecv');
        const content = answerTo(reinvite.request, answer);
        const accept = (): void => {
          if (reinvite.pending) reinvite.accept({ body: { type: 'application/sdp', content } });
        };
        if (this.reinviteMs > 0) this.after(this.reinviteMs, accept);
        else accept();
      },
      onRequest: (transaction) => {
        const { request } = transaction;
        this.log.push(`${request.method} ${request.text()}`);
        transaction.respond(createResponse(request, 200));
      },
      onBye: (bye) => this.log.push(`BYE ${bye.headers.raw('Reason').join()}`.trim()),
      onEnded: (end) => this.log.push(`ended ${end.kind}`),
    };
  }
}

const MIRROR: Readonly<Record<string, string>> = {
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** A description as a phone writes it. */
export function sdp(address: string, direction = 'sendrecv', codec = '0 PCMU/8000'): string {
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio 4000 RTP/AVP ${codec.split(' ')[0]}`,
    `a=rtpmap:${codec}`,
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** The same with keys (RFC 4568), which it insists on. */
export function encrypted(description: string): string {
  const keys = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}\r\n`;
  return description.replace(' RTP/AVP ', ' RTP/SAVP ') + keys;
}

function answerTo(request: SipRequest, answer: string): string {
  return request.text().includes(' RTP/SAVP ') ? encrypted(answer) : answer;
}

function directionOf(message: SipRequest | SipResponse): string {
  return /^a=(sendrecv|sendonly|recvonly|inactive)/mu.exec(message.text())?.[1] ?? 'none';
}
