import {
  createResponse,
  type HeaderInput,
  SipRequest,
  type SipResponse,
  SipUri,
  type Uri,
} from '@strowger/sip-message';
import { StrowgerError } from '@strowger/runtime';
import type { Hop, MessageSender } from '@strowger/transaction-core';
import type { MessageParts, RefusalParts } from './dialog-user.ts';
import type { ContactParts } from './local-party.ts';
import type { ReliableProvisionals } from './reliability.ts';

/** Start line and the fields that a dialog or a request outside of dialogs decides. */
export interface RequestHead {
  readonly method: string;
  readonly uri: Uri;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  readonly route: readonly string[];
  readonly contact?: string | undefined;
  /** Of an INVITE outside of dialogs: what it says about 100rel (RFC 3262 §4). */
  readonly reliableProvisionals?: ReliableProvisionals;
}

/** What a response carries besides what it copies from its request. */
export interface ResponseParts extends RefusalParts {
  readonly toTag?: string | undefined;
  readonly contact?: string | undefined;
  /** Copies Record-Route, for a response that makes a dialog (RFC 3261 §12.1.1). */
  readonly recordRoute?: boolean;
  /** Says what we can: for a 2xx to INVITE (RFC 3261 §13.3.1.4). */
  readonly capabilities?: boolean;
}

export interface UserAgentOptions {
  readonly sender: MessageSender;
  readonly contactUser: string | undefined;
  readonly userAgent: string | undefined;
  /** A function is asked for every message. */
  readonly allow: readonly string[] | (() => readonly string[]);
  readonly supported: readonly string[];
  /** For Allow-Events (RFC 6665 §3.3.7); absent where empty. */
  readonly eventPackages?: readonly string[];
  /** For Recv-Info (RFC 6086 §5.2.1); absent where empty. */
  readonly infoPackages?: readonly string[];
  /** For the Accept of OPTIONS (RFC 3261 §11.2). */
  readonly accept?: readonly string[] | undefined;
}

/** Fields that the layer alone writes. */
const RESERVED = new Set([
  'via',
  'from',
  'to',
  'call-id',
  'cseq',
  'route',
  'record-route',
  'content-length',
]);
/** Fields that the owner's value replaces instead of being added to. */
const REPLACED = new Set([
  'contact',
  'allow',
  'allow-events',
  'recv-info',
  'supported',
  'max-forwards',
  'user-agent',
  'server',
]);

const SECURE: readonly string[] = ['tls', 'wss'];

/** Writes the messages of one user agent: its Contact, Allow, Supported and name on each. */
export class UserAgent {
  readonly options: UserAgentOptions;
  /** What our Contact is instead of the address that a hop sees (RFC 5627 §4.4). */
  gruu: SipUri | undefined;
  private readonly allCapabilities: Fields;
  /** Without 100rel: an INVITE may leave that out, or require it. */
  private readonly otherCapabilities: Fields;
  /** The value of Allow, where it is always the same. */
  private readonly fixedAllow: string | undefined;

  constructor(options: UserAgentOptions) {
    this.options = options;
    const supported = options.supported.filter((tag) => tag !== '100rel');
    this.allCapabilities = capabilityFields(options);
    this.otherCapabilities = capabilityFields({ ...options, supported });
    this.fixedAllow = typeof options.allow === 'function' ? undefined : options.allow.join(', ');
  }

  /** The methods that we take now. */
  get allow(): readonly string[] {
    const { allow } = this.options;
    return typeof allow === 'function' ? allow() : allow;
  }

  /**
   * Our Contact: our GRUU where we have one, else where messages over this hop reach us; `sips` where
   * the peer asks for it (§8.1.1.8), which no other scheme can stand in for.
   */
  contact(hop: Hop, secure = false, parts?: ContactParts): string {
    const gruu = parts === undefined ? this.gruu : parts.gruu;
    if (gruu !== undefined && (gruu.scheme === 'sips') === secure) return `<${gruu.toString()}>`;
    return this.hopContact(hop, secure, parts);
  }

  /** The Contact of this very instance for messages over this hop, which a registrar binds. */
  hopContact(hop: Hop, secure = false, parts: ContactParts = {}): string {
    const { sentBy = this.options.sender.sentBy(hop), user = this.options.contactUser } = parts;
    const { host, port } = sentBy;
    const params: [string, string][] = [];
    const implied = hop.transport === 'udp' || (secure && SECURE.includes(hop.transport));
    if (!implied) params.push(['transport', hop.transport === 'wss' ? 'ws' : hop.transport]);
    const scheme = secure ? 'sips' : 'sip';
    const uri = new SipUri({ scheme, user, host, port, params });
    return `<${uri.toString()}>`;
  }

  request(head: RequestHead, parts: MessageParts): SipRequest {
    const headers: [string, HeaderInput][] = head.route.map((route) => ['Route', route]);
    headers.push(
      ['Max-Forwards', 70],
      ['From', head.from],
      ['To', head.to],
      ['Call-ID', head.callId],
      ['CSeq', `${head.cseq} ${head.method}`],
    );
    if (head.contact !== undefined) headers.push(['Contact', head.contact]);
    if (head.method !== 'ACK' && head.method !== 'BYE')
      this.addCapabilities(headers, head.reliableProvisionals);
    if (head.reliableProvisionals === 'required') headers.push(['Require', '100rel']);
    const { userAgent } = this.options;
    if (userAgent !== undefined) headers.push(['User-Agent', userAgent]);
    const { body } = parts;
    const { method, uri } = head;
    const request = new SipRequest({ method, uri, headers, body: body?.content });
    addParts(request, parts);
    return request;
  }

  response(request: SipRequest, status: number, parts: ResponseParts = {}): SipResponse {
    const headers: [string, HeaderInput][] = [];
    if (parts.recordRoute === true) {
      for (const route of request.headers.raw('Record-Route'))
        headers.push(['Record-Route', route]);
    }
    if (parts.contact !== undefined) headers.push(['Contact', parts.contact]);
    if (parts.capabilities === true) this.addCapabilities(headers);
    const { userAgent } = this.options;
    if (userAgent !== undefined) headers.push(['Server', userAgent]);
    const { reason, toTag, body } = parts;
    const content = body?.content;
    const response = createResponse(request, status, { headers, reason, toTag, body: content });
    addParts(response, parts);
    return response;
  }

  /** The option tags of Require that we do not understand (RFC 3261 §8.2.2.3). */
  notUnderstood(request: SipRequest): string[] {
    const required = request.headers.get('require') ?? [];
    if (required.length === 0) return [];
    const known = this.options.supported.map((tag) => tag.toLowerCase());
    return required.filter((tag) => !known.includes(tag.toLowerCase()));
  }

  /** What we can, for the answer to OPTIONS (RFC 3261 §11.2). */
  optionsResponse(request: SipRequest, status: number, parts: ResponseParts = {}): SipResponse {
    const { accept = ['application/sdp'] } = this.options;
    const headers: [string, HeaderInput][] = [
      ['Accept', accept.join(', ')],
      ['Accept-Encoding', 'identity'],
      ['Accept-Language', 'en'],
    ];
    const given = new Set(parts.headers?.map(([name]) => name.toLowerCase()));
    const fields = headers.filter(([name]) => !given.has(name.toLowerCase()));
    const all = [...fields, ...(parts.headers ?? [])];
    return this.response(request, status, { ...parts, headers: all, capabilities: true });
  }

  private addCapabilities(headers: [string, HeaderInput][], reliable?: ReliableProvisionals): void {
    const isSaid = reliable === undefined || reliable === 'supported';
    headers.push(['Allow', this.fixedAllow ?? this.allow.join(', ')]);
    headers.push(...(isSaid ? this.allCapabilities : this.otherCapabilities));
  }
}

type Fields = readonly [string, HeaderInput][];

/** The fields that say what we can, but Allow. */
function capabilityFields({ supported, ...options }: UserAgentOptions): Fields {
  const fields: [string, HeaderInput][] = [];
  if (supported.length > 0) fields.push(['Supported', supported.join(', ')]);
  const { eventPackages = [], infoPackages = [] } = options;
  if (eventPackages.length > 0) fields.push(['Allow-Events', eventPackages.join(', ')]);
  if (infoPackages.length > 0) fields.push(['Recv-Info', infoPackages.join(', ')]);
  return fields;
}

function addParts(message: SipRequest | SipResponse, { headers, body }: MessageParts): void {
  if (body !== undefined) message.headers.set('Content-Type', body.type);
  for (const [name, value] of headers ?? []) {
    const lower = name.toLowerCase();
    if (RESERVED.has(lower)) {
      throw new StrowgerError('RESERVED_HEADER', `${name} is written by the dialog layer`);
    }
    if (REPLACED.has(lower)) message.headers.set(name, value);
    else message.headers.append(name, value);
  }
}
