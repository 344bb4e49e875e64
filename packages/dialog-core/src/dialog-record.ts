import {
  NameAddr,
  type SipRequest,
  type SipResponse,
  type Uri,
  uri as parsedUri,
} from '@strowger/sip-message';
import { StrowgerError } from '@strowger/runtime';
import { type Hop, isReliable } from '@strowger/transaction-core';
import { copied } from './copied.ts';
import type { DialogId } from './dialog.ts';
import type { MessageParts } from './dialog-user.ts';
import { firstContact, pinnedHop } from './peer-hop.ts';
import { focusContact } from './focus-contact.ts';
import {
  addressRequest,
  type Addressing,
  parseRoutes,
  type RouteSet,
  routeSetFrom,
} from './route-set.ts';
import { allowsUpdate } from './allow.ts';
import type { UserAgent } from './user-agent.ts';

/** What a dialog starts with: text only, copied. */
export interface DialogInit {
  readonly id: DialogId;
  readonly role: 'uac' | 'uas';
  /** From or To of our side, with tag. */
  readonly local: string;
  readonly remote: string;
  readonly remoteTarget: string;
  readonly routeSet: RouteSet;
  readonly localContact: string;
  readonly localSeq: number;
  /** -1 before the first request of the peer. */
  readonly remoteSeq: number;
  readonly hop: Hop | undefined;
  /** Whether the peer is known to take UPDATE. */
  readonly allowsUpdate?: boolean;
}

/** Octets of Supported that are kept. */
const MOST_TAGS = 512;
/** What was kept last: nearly all dialogs have the same peers. */
let lastTags = '';

/** The text, or one that is the same and in use already, which keeps no packet alive. */
function shared(text: string): string {
  const kept = text.slice(0, MOST_TAGS);
  if (kept !== lastTags) lastTags = copied(kept);
  return lastTags;
}

/** Methods whose messages carry a Contact in a dialog (RFC 3261 table 2, RFC 3311, 3515, 6665). */
const WITH_CONTACT: readonly string[] = ['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'];

/** The state of a dialog as RFC 3261 §12 lists it, in text and numbers, and the requests made of it. */
export class DialogRecord {
  readonly init: DialogInit;
  /** The conference that our Contact names, where we are its focus. */
  focus: string | undefined;
  private ownContact: string;
  private target: string;
  private routes: RouteSet;
  private pinned: Hop | undefined;
  private localSeq: number;
  private remoteSeq: number;
  private updateAllowed: boolean;
  /** The peer's last Supported, as it was written. */
  private peerTags = '';
  private readonly onChange: (() => void) | undefined;

  /** @param onChange told of every change, where somebody wants to know. */
  constructor(init: DialogInit, onChange?: () => void) {
    this.init = init;
    this.onChange = onChange;
    this.updateAllowed = init.allowsUpdate ?? false;
    this.ownContact = init.localContact;
    this.target = init.remoteTarget;
    this.routes = init.routeSet;
    this.pinned = init.hop;
    this.localSeq = init.localSeq;
    this.remoteSeq = init.remoteSeq;
  }

  /** Our Contact for the next message that has one. */
  get contact(): string {
    const { ownContact, focus } = this;
    return focus === undefined ? ownContact : focusContact(ownContact, focus);
  }

  /** Our address has changed; a connection from the old one is no way to the peer any more. */
  relocate(contact: string): void {
    this.ownContact = contact;
    const { pinned } = this;
    if (pinned?.flow !== undefined && isReliable(pinned.transport)) this.pinned = undefined;
    this.onChange?.();
  }

  /** What our Contact says besides its address, such as feature tags (RFC 3840). */
  get contactParams(): string {
    const { localContact } = this.init;
    return localContact.slice(localContact.lastIndexOf('>') + 1);
  }

  /** The secure flag (RFC 3261 §12.1.1): our Contact is `sips` where it was asked for all the way. */
  get isSecure(): boolean {
    return /(?:^|<)sips:/i.test(this.init.localContact);
  }

  get localUri(): Uri {
    return uriOf(this.init.local);
  }

  get remoteUri(): Uri {
    return uriOf(this.init.remote);
  }

  get remoteTarget(): Uri {
    return parsedUri(this.target);
  }

  get routeSet(): readonly NameAddr[] {
    return parseRoutes(this.routes);
  }

  /** The hop that requests are pinned to, where they do not follow route set and target. */
  get hop(): Hop | undefined {
    return this.pinned;
  }

  /** Whether the peer's last Allow names UPDATE (RFC 3311 §4). */
  get allowsUpdate(): boolean {
    return this.updateAllowed;
  }

  /** What changes, for a snapshot. */
  get saved() {
    const { target: remoteTarget, localSeq, remoteSeq, pinned: hop, routes } = this;
    return {
      remoteTarget,
      localSeq,
      remoteSeq,
      routes,
      ...(hop === undefined ? {} : { hop }),
      ...(this.updateAllowed ? { allowsUpdate: true as const } : {}),
    };
  }

  /** Whether the peer's last Supported has this option tag (RFC 3261 §20.37). */
  peerSupports(tag: string): boolean {
    const tags = this.peerTags.toLowerCase().split(',');
    return tags.some((one) => one.trim() === tag.toLowerCase());
  }

  /** Takes what the peer says that it can. */
  noteCapabilities({ headers }: SipRequest | SipResponse): void {
    const [first, ...others] = headers.raw('Supported');
    if (first !== undefined)
      this.peerTags = shared(others.length === 0 ? first : [first, ...others].join());
    const allowed = allowsUpdate(headers);
    if (allowed === undefined) return;
    this.updateAllowed = allowed;
    this.onChange?.();
  }

  /** The URI that the next hop of a request that was made here is found from. */
  nextHopOf(request: SipRequest): Uri {
    return this.routes.length === 0 ? request.uri : this.addressing.nextHop;
  }

  /** Where the next request is addressed to and where it goes. */
  private get addressing(): Addressing {
    return addressRequest(this.routeSet, this.remoteTarget);
  }

  /** The number of our last request. */
  get lastCSeq(): number {
    return this.localSeq;
  }

  nextCSeq(): number {
    this.localSeq++;
    this.onChange?.();
    return this.localSeq;
  }

  /** Takes the number of a request of the peer; false where it is out of order (§12.2.2). */
  takeCSeq(number: number): boolean {
    if (number <= this.remoteSeq) return false;
    this.remoteSeq = number;
    this.onChange?.();
    return true;
  }

  /** Route set and target of the 2xx replace those of the 1xx (RFC 3261 §13.2.2.4). */
  confirmRoute(response: SipResponse): void {
    this.routes = routeSetFrom(response.headers, 'uac');
    this.refreshTarget(response);
  }

  /** Target refresh (RFC 3261 §12.2.1.2, §12.2.2): the peer's new Contact, if it gave one. */
  refreshTarget(message: SipRequest | SipResponse, hop?: Hop): void {
    const contact = firstContact(message);
    const target = contact?.uri.toString();
    // nearly always the one that we have
    if (target !== undefined && target !== this.target) this.target = copied(target);
    if (message.kind === 'request' && hop !== undefined && this.routes.length === 0) {
      this.pinned = pinnedHop(message, hop);
    }
    this.onChange?.();
  }

  /** Builds a request in this dialog (RFC 3261 §12.2.1.1). */
  compose(
    userAgent: UserAgent,
    { method, cseq, parts }: { method: string; cseq: number; parts: MessageParts },
  ): SipRequest {
    const { requestUri, route } = this.addressing;
    const { local, remote, id } = this.init;
    const contact = WITH_CONTACT.includes(method) ? this.contact : undefined;
    const { callId } = id;
    const fromTag = tagOrNone(id.localTag);
    const toTag = tagOrNone(id.remoteTag);
    return userAgent.request(
      {
        method,
        uri: requestUri,
        from: local,
        fromTag,
        to: remote,
        toTag,
        callId,
        cseq,
        route,
        contact,
      },
      parts,
    );
  }
}

/** A peer of RFC 2543 has none. */
function tagOrNone(tag: string): string | undefined {
  return tag === '' ? undefined : tag;
}

/** The URI of a stored From or To, which we wrote ourselves. */
function uriOf(text: string): Uri {
  const parsed = NameAddr.parse(text);
  if (!parsed.ok) throw new StrowgerError('BAD_ADDRESS', `unreadable address ${text}`);
  return parsed.value.uri;
}
