import type { HeaderFields } from '@strowger/dialog-core';
import {
  Headers,
  isSips,
  type NameAddr,
  SipUri,
  type SipResponse,
  type Uri,
} from '@strowger/sip-message';
import { type Forwarding, forwardingHeaders } from './forwarding-headers.ts';

/** What becomes of an INVITE of ours that is answered with a 3xx. */
export interface RedirectPolicy {
  /** How many other addresses are tried at most. Default 5. */
  readonly limit?: number;
}

const DEFAULT_LIMIT = 5;

/** @internal Where an INVITE goes next. */
export interface NextTarget {
  readonly uri: Uri;
  /** Whom the INVITE before had been for. */
  readonly from: Uri;
  /** What it says of that. */
  readonly headers: HeaderFields;
}

/**
 * @internal Where an INVITE goes that was redirected (RFC 3261 §8.1.3.4): to the contacts of each
 * 3xx by their q, one after the other, and to none twice.
 */
export class Redirections {
  private readonly tried: Uri[];
  private readonly waiting: Target[] = [];
  private readonly said: Headers;
  private readonly limit: number;
  private current: { uri: Uri; path: readonly Forwarding[] };

  /** @param first whom the INVITE was for; `headers`: those that it has of its own. */
  constructor(first: Uri, headers: HeaderFields, { limit = DEFAULT_LIMIT }: RedirectPolicy) {
    this.limit = limit;
    this.tried = [first];
    this.current = { uri: first, path: [] };
    this.said = new Headers(headers.filter(([name]) => SAID.includes(name.toLowerCase())));
  }

  /**
   * The next one after this refusal; undefined where there is none. A 6xx is the last word of the
   * callee; after any other refusal the rest are tried.
   */
  after(response: SipResponse): NextTarget | undefined {
    if (response.status >= 600) return undefined;
    if (response.status < 400) this.add(response);
    const next = this.waiting.shift();
    if (next === undefined || this.tried.length > this.limit) return undefined;
    const { uri, from, path } = next;
    this.tried.push(uri);
    this.current = { uri, path };
    return { uri, from, headers: forwardingHeaders(this.said, path) };
  }

  /** The contacts that may be tried, best first, before what waits: they are nearer. */
  private add(response: SipResponse): void {
    const contacts = response.headers.get('contact');
    if (!Array.isArray(contacts)) return;
    const { uri: from, path } = this.current;
    const targets = byPreference(contacts)
      .flatMap(({ uri }) => this.takes(uri))
      .slice(0, this.limit)
      .map((uri) => ({
        uri,
        from,
        path: [...path, { from, to: uri, cause: 'redirected' } as const],
      }));
    this.waiting.unshift(...targets);
  }

  /**
   * Its Request-URI. Header fields that a contact asks for are left out, so that nobody else writes
   * ours, and who was called over `sips:` is not called over less.
   */
  private takes(uri: Uri): SipUri[] {
    if (!(uri instanceof SipUri)) return [];
    const [first] = this.tried;
    if (isSips(first) && !isSips(uri)) return [];
    const target = uri.with({ headers: [] });
    target.params.delete('method');
    const known = [...this.tried, ...this.waiting.map((one) => one.uri)];
    return known.some((one) => target.equals(one)) ? [] : [target];
  }
}

interface Target {
  readonly uri: Uri;
  readonly from: Uri;
  readonly path: readonly Forwarding[];
}

const SAID = ['diversion', 'history-info'];

/** @internal The contacts of a 3xx by their q (RFC 3261 §20.10), best first. */
export function byPreference(contacts: readonly NameAddr[]): NameAddr[] {
  return contacts.toSorted((one, other) => qOf(other.params) - qOf(one.params));
}

function qOf(params: { get(name: string): string | undefined }): number {
  const q = Number(params.get('q') ?? 1);
  return q >= 0 && q <= 1 ? q : 0;
}
