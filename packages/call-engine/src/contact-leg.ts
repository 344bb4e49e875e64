import type { HeaderFields } from '@strowger/dialog-core';
import type { MediaStats, Session, SessionManager } from '@strowger/session-core';
import { type NameAddr, parseUri, SipUri } from '@strowger/sip-message';
import type { LegRefusal } from './best-response.ts';
import type { CallMedia } from './call-media.ts';
import type { LegEnding } from './call-table.ts';
import { endingOf, refusalOf } from './leg-ending.ts';
import { type Binding, pathOf } from './location-store.ts';
import { followSession } from './session-following.ts';
import type { ContactEnd } from './shared-end.ts';

/** Told how a contact takes the call: `onRefused` once, or `onAnswered` and then `onEnded`. */
export interface ContactLegUser {
  /** @param hasMedia whether it came with early media. */
  onRinging(hasMedia: boolean): void;
  onAnswered(): void;
  onRefused(refusal: LegRefusal): void;
  onEnded(ending: LegEnding): void;
}

/** What sessions with contacts are made from. */
export interface ContactLegsOptions {
  readonly manager: SessionManager;
  /** The caller as the callee sees it. */
  readonly from: NameAddr;
  /** Of the caller's INVITE. */
  readonly maxForwards: number;
  /** What happened to the call on the way to them: Diversion and History-Info. */
  history(): HeaderFields;
}

/** Makes the call's sessions with the callee's contacts. */
export class ContactLegs {
  private readonly options: ContactLegsOptions;

  constructor(options: ContactLegsOptions) {
    this.options = options;
  }

  /** Calls one contact, over the way that its REGISTER came. */
  call(
    binding: Binding,
    media: CallMedia,
    { to, user, by }: { to: SipUri; user: ContactLegUser; by: Session },
  ): ContactLeg {
    const { manager, from, maxForwards, history } = this.options;
    const end = media.calleeEnd.contact();
    const path = pathOf(binding);
    const session = manager.call({
      to,
      from,
      requestUri: contactUri(binding.contact),
      ...(path.length === 0 ? {} : { route: path }),
      ...(binding.received === undefined ? {} : { hops: [binding.received] }),
      headers: [['Max-Forwards', maxForwards - 1], ...history()],
      endpoint: end,
      offer: media.offer,
      ...media.policies.callee,
      onBehalfOf: by,
    });
    const { contact } = binding;
    return new ContactLeg(session, {
      end,
      contact,
      user,
      isBehindWebSocket: isBehindWebSocket(binding),
    });
  }
}

/** What a leg is made of. */
export interface ContactLegParts {
  readonly end: ContactEnd;
  readonly contact: string;
  readonly user: ContactLegUser;
  readonly isBehindWebSocket: boolean;
  /** It was answered in another call, and comes over from there. */
  readonly isAnswered?: boolean;
}

/** The call's session with one contact of the callee. */
export class ContactLeg {
  readonly session: Session;
  readonly end: ContactEnd;
  /** The contact's URI. */
  readonly contact: string;
  readonly isBehindWebSocket: boolean;
  /** What its INVITE got in the end; absent until then. */
  status: number | undefined;
  /** Final statistics, where it left the call before the call was over. */
  media: MediaStats | undefined;

  /** @internal Made by `ContactLegs.call`. */
  constructor(session: Session, parts: ContactLegParts) {
    const { end, contact, user, isAnswered = false } = parts;
    this.session = session;
    this.end = end;
    this.contact = contact;
    this.isBehindWebSocket = parts.isBehindWebSocket;
    if (isAnswered) this.status = 200;
    session.on('progress', ({ status, withMedia }) => {
      if (status >= 180) user.onRinging(withMedia);
    });
    followSession(session, {
      onAnswered: () => {
        if (this.status === 200) return;
        this.status = 200;
        user.onAnswered();
      },
      onEnding: (reason) => {
        if (this.status === 200) return user.onEnded(endingOf(reason));
        this.status = reason.status;
        user.onRefused(refusalOf(reason));
      },
    });
  }

  /** Ends it, with CANCEL or BYE as it stands. @param why `elsewhere`: another contact answered. */
  hangUp(why: 'elsewhere' | 'over'): void {
    void this.session.hangUp({ reason: why === 'elsewhere' ? ELSEWHERE : { cause: 16 } });
  }

  /** Asks the contact anew, with an offer that the relay makes from the other side's. */
  renegotiate(): void {
    this.session.renegotiate().catch(() => {}); // the relay tells the other side
  }
}

/** Lets the phone know that the call was not missed (RFC 3326 §2). */
const ELSEWHERE = { sip: 200, text: 'Call completed elsewhere' };

/** Whether a contact is reached over a WebSocket (RFC 7118), by us or by a proxy before it. */
export function isBehindWebSocket({ contact, received }: Binding): boolean {
  const transport = contactUri(contact)?.params.get('transport') ?? received?.transport;
  return /^wss?$/i.test(transport ?? '');
}

/** A contact as it goes into a Request-URI: without method and headers (RFC 3261 §19.1.5). */
export function contactUri(contact: string): SipUri | undefined {
  const uri = parseUri(contact);
  if (!uri.ok || !(uri.value instanceof SipUri)) return undefined;
  const plain = uri.value.with({ headers: [] });
  plain.params.delete('method');
  return plain;
}
