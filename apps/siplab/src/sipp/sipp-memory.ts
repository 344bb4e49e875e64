import { NameAddr, type SipMessage } from '@strowger/sip-message';
import { type Keyword } from './keywords.ts';
import { authorize } from '../credentials.ts';
import { hostOf } from '../host-port.ts';
import type { Leg } from '../leg.ts';
import type { CallSettings } from '../settings.ts';
import { StepFailed } from '../step-failed.ts';
import { Variables } from './variables.ts';

/** The message that is being made: what some keywords depend on. */
export interface Making {
  readonly branch: string;
  readonly bodyBytes: number;
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  readonly index: number;
}

/** What a call of SIPp remembers, and what its keywords stand for. */
export class SippMemory {
  readonly variables: Variables;
  /** The message that was received last. */
  last: SipMessage | undefined;
  /** Number of our last request that was neither ACK nor CANCEL. */
  cseq = 0;
  private readonly leg: Leg;
  private readonly settings: CallSettings;
  private readonly beganMs: number;
  private peerTag: string | undefined;
  private routes: readonly NameAddr[] = [];
  private nextUrl: string | undefined;
  private challenge: SipMessage | undefined;

  constructor(leg: Leg, settings: CallSettings) {
    this.leg = leg;
    this.settings = settings;
    this.variables = new Variables(settings.keys);
    this.beganMs = leg.clock.now();
  }

  /** Remembers a message; its route set with `rrs`, its challenge with `auth`. */
  receive(message: SipMessage, { rrs, auth }: { rrs: boolean; auth: boolean }): void {
    this.last = message;
    this.peerTag = (message.kind === 'request' ? message.fromTag : message.toTag) ?? this.peerTag;
    if (auth) this.challenge = message;
    if (!rrs) return;
    const recorded = message.headers.get('record-route') ?? [];
    this.routes = message.kind === 'request' ? recorded : recorded.toReversed();
    const contacts = message.headers.get('contact');
    const contact = contacts === '*' ? undefined : contacts?.[0];
    this.nextUrl = contact instanceof NameAddr ? String(contact.uri) : this.nextUrl;
  }

  /** What a keyword stands for; `undefined` drops its line. */
  valueOf(keyword: Keyword, making: Making | undefined): string | undefined {
    switch (keyword.type) {
      case 'variable':
        return this.variables.text(keyword.name);
      case 'key':
        return this.settings.keys[keyword.name] ?? '';
      case 'field':
        return this.settings.fields[keyword.index] ?? '';
      case 'lastHeader':
        return this.lastHeader(keyword.name);
      case 'authentication':
        return this.authentication(keyword, making);
      case 'fact': {
        const value = this.fact(keyword.name, making);
        return keyword.offset === 0 ? value : String(Number(value) + keyword.offset);
      }
      default:
        return keyword satisfies never;
    }
  }

  private lastHeader(name: string): string | undefined {
    const values = this.last?.headers.raw(name) ?? [];
    return values.length === 0 ? undefined : values.map((one) => `${name}: ${one}`).join('\r\n');
  }

  private authentication(
    { username, password }: Extract<Keyword, { type: 'authentication' }>,
    making: Making | undefined,
  ): string | undefined {
    if (this.challenge === undefined || making === undefined) return undefined;
    const { login } = this.settings;
    const name = username ?? login?.username;
    const word = password ?? login?.password;
    const given =
      name === undefined || word === undefined ? undefined : { username: name, password: word };
    const { method, uri, body } = making;
    const proof = authorize(
      this.challenge,
      { method, uri, body },
      {
        login: given,
        cnonce: this.leg.token(),
      },
    );
    return `${proof.name}: ${proof.value}`;
  }

  private fact(
    name: Extract<Keyword, { type: 'fact' }>['name'],
    making?: Making,
  ): string | undefined {
    const { peer, sentBy } = this.leg;
    const { mediaAddress = sentBy.host } = this.settings;
    switch (name) {
      case 'service':
        return this.settings.service;
      case 'remote_ip':
        return hostOf(peer.address);
      case 'remote_host':
        return peer.host ?? hostOf(peer.address);
      case 'remote_port':
        return String(peer.port);
      case 'transport':
        return peer.transport.toUpperCase();
      case 'local_ip':
      case 'server_ip':
        return hostOf(sentBy.host);
      case 'media_ip':
        return mediaAddress;
      case 'local_ip_type':
        return typeOf(sentBy.host);
      case 'media_ip_type':
        return typeOf(mediaAddress);
      case 'local_port':
        return String(sentBy.port);
      case 'media_port':
        return String(this.settings.mediaPort);
      case 'auto_media_port':
        return String(this.settings.mediaPort + 4 * ((this.leg.number - 1) % 10_000));
      case 'len':
        return String(making?.bodyBytes ?? 0);
      case 'pid':
        return String(process.pid);
      case 'call_id':
        return this.leg.callId;
      case 'call_number':
        return String(this.leg.number);
      case 'cseq':
        return String(this.cseq);
      case 'branch':
        return making?.branch;
      case 'msg_index':
        return String(making?.index ?? 0);
      case 'clock_tick':
        return String(Math.round(this.leg.clock.now() - this.beganMs));
      default:
        return this.ofDialog(name);
    }
  }

  private ofDialog(
    name:
      | 'peer_tag_param'
      | 'routes'
      | 'next_url'
      | 'last_message'
      | 'last_cseq_number'
      | 'last_Request_URI',
  ): string | undefined {
    const { last } = this;
    switch (name) {
      case 'peer_tag_param':
        return this.peerTag === undefined ? '' : `;tag=${this.peerTag}`;
      case 'routes':
        return this.routes.length === 0 ? undefined : `Route: ${this.routes.join(', ')}`;
      case 'next_url':
        if (this.nextUrl !== undefined) return this.nextUrl;
        throw new StepFailed('script', '[next_url] without a Contact: rrs="true" is missing');
      case 'last_message':
        return last === undefined ? '' : last.text();
      case 'last_cseq_number':
        return String(last?.cseq.number ?? 0);
      case 'last_Request_URI':
        return last?.kind === 'request' ? String(last.uri) : '';
      default:
        return name satisfies never;
    }
  }
}

const typeOf = (address: string): string => (address.includes(':') ? '6' : '4');
