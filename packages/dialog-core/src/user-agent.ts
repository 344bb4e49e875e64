import {
  createResponse,
  type HeaderField,
  headerField,
  type HeaderInput,
  Headers,
  SipRequest,
  type SipResponse,
  type SipUri,
  type Uri,
} from '@strowger/sip-message';
import { StrowgerError } from '@strowger/runtime';
import type { Hop, MessageSender } from '@strowger/transaction-core';
import type { MessageParts, RefusalParts } from './dialog-user.ts';
import { OwnContacts } from './own-contacts.ts';
import type { ContactParts } from './local-party.ts';
import type { ReliableProvisionals } from './reliability.ts';

/** Start line and the fields that a dialog or a request outside of dialogs decides. */
export interface RequestHead {
  readonly method: string;
  readonly uri: Uri;
  readonly from: string;
  /** The tag in it, where that is known. */
  readonly fromTag?: string | undefined;
  readonly to: string;
  readonly toTag?: string | undefined;
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

/** Writes the messages of one user agent: its Contact, Allow, Supported and name on each. */
export class UserAgent {
  readonly options: UserAgentOptions;
  /** What our Contact is instead of the address that a hop sees (RFC 5627 §4.4). */
  gruu: SipUri | undefined;
  private readonly allCapabilities: readonly HeaderField[];
  /** Without 100rel: an INVITE may leave that out, or require it. */
  private readonly otherCapabilities: readonly HeaderField[];
  /** Allow, where it is always the same. */
  private readonly fixedAllow: HeaderField | undefined;
  private readonly requestName: HeaderField | undefined;
  private readonly responseName: HeaderField | undefined;
  private readonly ownContacts: OwnContacts;

  constructor(options: UserAgentOptions) {
    const { userAgent, allow } = options;
    this.options = options;
    const supported = options.supported.filter((tag) => tag !== '100rel');
    this.allCapabilities = capabilityFields(options);
    this.otherCapabilities = capabilityFields({ ...options, supported });
    this.fixedAllow =
      typeof allow === 'function' ? undefined : headerField('Allow', allow.join(', '));
    this.requestName = userAgent === undefined ? undefined : headerField('User-Agent', userAgent);
    this.responseName = userAgent === undefined ? undefined : headerField('Server', userAgent);
    this.ownContacts = new OwnContacts();
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
  hopContact(hop: Hop, secure = false, parts: ContactParts = NO_PARTS): string {
    const { sentBy = this.options.sender.sentBy(hop), user = this.options.contactUser } = parts;
    return this.ownContacts.of({ hop, secure, user, sentBy });
  }

  request(head: RequestHead, parts: MessageParts): SipRequest {
    const { method, uri, contact, reliableProvisionals } = head;
    const fields: HeaderField[] = [];
    for (const route of head.route) fields.push(headerField('Route', route));
    fields.push(
      MAX_FORWARDS,
      headerField('From', head.from, head.fromTag),
      headerField('To', head.to, head.toTag),
      headerField('Call-ID', head.callId),
      headerField('CSeq', `${head.cseq} ${method}`),
    );
    if (contact !== undefined) fields.push(headerField('Contact', contact));
    if (method !== 'ACK' && method !== 'BYE') this.addCapabilities(fields, reliableProvisionals);
    if (reliableProvisionals === 'required') fields.push(REQUIRE_100REL);
    if (this.requestName !== undefined) fields.push(this.requestName);
    const headers = Headers.withFields(fields);
    const request = new SipRequest({ method, uri, headers, body: parts.body?.content });
    addParts(request, parts);
    return request;
  }

  response(request: SipRequest, status: number, parts: ResponseParts = NO_PARTS): SipResponse {
    const fields: HeaderField[] = [];
    if (parts.recordRoute === true && request.headers.has('Record-Route')) {
      for (const route of request.headers.raw('Record-Route')) {
        fields.push(headerField('Record-Route', route));
      }
    }
    if (parts.contact !== undefined) fields.push(headerField('Contact', parts.contact));
    if (parts.capabilities === true) this.addCapabilities(fields);
    if (this.responseName !== undefined) fields.push(this.responseName);
    const { reason, toTag } = parts;
    const response = createResponse(request, status, {
      fields,
      reason,
      toTag,
      body: parts.body?.content,
    });
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

  private addCapabilities(fields: HeaderField[], reliable?: ReliableProvisionals): void {
    const isSaid = reliable === undefined || reliable === 'supported';
    fields.push(this.fixedAllow ?? headerField('Allow', this.allow.join(', ')));
    for (const field of isSaid ? this.allCapabilities : this.otherCapabilities) fields.push(field);
  }
}

const NO_PARTS = {} as const;
const MAX_FORWARDS = headerField('Max-Forwards', '70');
const REQUIRE_100REL = headerField('Require', '100rel');

/** The fields that say what we can, but Allow. */
function capabilityFields({ supported, ...options }: UserAgentOptions): HeaderField[] {
  const fields: HeaderField[] = [];
  if (supported.length > 0) fields.push(headerField('Supported', supported.join(', ')));
  const { eventPackages = [], infoPackages = [] } = options;
  if (eventPackages.length > 0) fields.push(headerField('Allow-Events', eventPackages.join(', ')));
  if (infoPackages.length > 0) fields.push(headerField('Recv-Info', infoPackages.join(', ')));
  return fields;
}

function addParts(message: SipRequest | SipResponse, { headers, body }: MessageParts): void {
  if (body !== undefined) message.headers.set('Content-Type', body.type);
  if (headers === undefined) return;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (RESERVED.has(lower)) {
      throw new StrowgerError('RESERVED_HEADER', `${name} is written by the dialog layer`);
    }
    if (REPLACED.has(lower)) message.headers.set(name, value);
    else message.headers.append(name, value);
  }
}
