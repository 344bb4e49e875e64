import type { Headers, NameAddr, Params } from '@strowger/sip-message';

/** A contact that a request could go to: a binding of a registrar. */
export interface PreferredContact<C> {
  readonly contact: C;
  /** The q of the callee, 0 to 1. */
  readonly q: number;
  /** How well it fits what the caller prefers, 0 to 1. */
  readonly score: number;
}

/** Feature tags of RFC 3840 §9 that have no plus sign before them. */
const BASE_TAGS = new Set([
  'audio',
  'automata',
  'class',
  'duplex',
  'data',
  'control',
  'mobility',
  'description',
  'events',
  'priority',
  'methods',
  'extensions',
  'schemes',
  'application',
  'video',
  'language',
  'type',
  'isfocus',
  'actor',
  'text',
]);
/** A feature set is compared at most so far: a peer wrote it. */
const MOST_TAGS = 64;
const MOST_VALUES = 64;

/** The feature tags of a Contact (RFC 3840 §5): those of its parameters that are any. */
export function featuresOf(params: Params): ReadonlyMap<string, string> {
  const features = new Map<string, string>();
  for (const [name, value] of params) {
    const tag = name.toLowerCase();
    if (!BASE_TAGS.has(tag) && !tag.startsWith('+')) continue;
    if (features.size < MOST_TAGS) features.set(tag, value ?? 'TRUE');
  }
  return features;
}

/**
 * The contacts that a request prefers, best first (RFC 3841 §7.2): those that Reject-Contact names
 * are left out, as are those without what Accept-Contact requires. Contacts that say no features are
 * immune.
 */
export function preferContacts<C extends NameAddr>(
  contacts: readonly C[],
  { headers }: { readonly headers: Headers },
): PreferredContact<C>[] {
  const accept = (headers.get('accept-contact') ?? []).map(({ params }) => predicateOf(params));
  const reject = (headers.get('reject-contact') ?? []).map(({ params }) => predicateOf(params));
  const scored = contacts.flatMap((contact): PreferredContact<C>[] => {
    const q = qOf(contact.params);
    const features = featuresOf(contact.params);
    if (features.size === 0) return [{ contact, q, score: 1 }];
    if (reject.some((predicate) => isRejected(features, predicate))) return [];
    const scores = accept.map((predicate) => scoreOf(features, predicate));
    if (scores.includes('dropped')) return [];
    const sum = scores.reduce<number>((all, one) => all + (one === 'dropped' ? 0 : one), 0);
    return [{ contact, q, score: accept.length === 0 ? 1 : sum / accept.length }];
  });
  // the callee's q decides, and the caller's preference among equals (RFC 3841 §7.2.4)
  return scored.toSorted((a, b) => b.q - a.q || b.score - a.score);
}

interface Predicate {
  readonly features: ReadonlyMap<string, string>;
  readonly isRequired: boolean;
  readonly isExplicit: boolean;
}

function predicateOf(params: Params): Predicate {
  return {
    features: featuresOf(params),
    isRequired: params.has('require'),
    isExplicit: params.has('explicit'),
  };
}

function isRejected(contact: ReadonlyMap<string, string>, { features }: Predicate): boolean {
  if (features.size === 0) return false;
  return [...features].every(([tag, value]) => {
    const own = contact.get(tag);
    return own !== undefined && overlaps(own, value);
  });
}

/** RFC 3841 §7.2.4. A tag that the contact does not say could have any value. */
function scoreOf(
  contact: ReadonlyMap<string, string>,
  { features, isRequired, isExplicit }: Predicate,
): number | 'dropped' {
  if (features.size === 0) return 1;
  let said = 0;
  let fits = true;
  for (const [tag, value] of features) {
    const own = contact.get(tag);
    if (own === undefined) continue;
    said++;
    if (!overlaps(own, value)) fits = false;
  }
  if (!fits || (isExplicit && said < features.size)) return isRequired ? 'dropped' : 0;
  return isExplicit ? 1 : said / features.size;
}

/** Whether two values of a feature tag have something in common (RFC 3840 §9, RFC 2533). */
function overlaps(a: string, b: string): boolean {
  const left = a.split(',', MOST_VALUES).map(valueOf);
  const right = b.split(',', MOST_VALUES).map(valueOf);
  const [negated, plain] = [left, right].map((all) => all.filter((each) => each.isNegated));
  if ((negated?.length ?? 0) > 0 && (plain?.length ?? 0) > 0) return true;
  return left.some((one) => right.some((other) => meets(one, other)));
}

interface FeatureValue {
  readonly isNegated: boolean;
  readonly text: string;
  readonly range: readonly [number, number] | undefined;
}

function valueOf(raw: string): FeatureValue {
  const trimmed = raw.trim();
  const isNegated = trimmed.startsWith('!');
  const text = (isNegated ? trimmed.slice(1) : trimmed).trim();
  // strings, in angle brackets, are compared with regard to case; tokens are not
  const isString = text.startsWith('<');
  return { isNegated, text: isString ? text : text.toLowerCase(), range: rangeOf(text) };
}

/** `#5`, `#=5`, `#>=5`, `#<=5`, `#5:7` (RFC 3840 §9). */
function rangeOf(text: string): readonly [number, number] | undefined {
  const read = /^#(>=|<=|=)?([+-]?\d{1,9}(?:\.\d{1,6})?)(?::([+-]?\d{1,9}(?:\.\d{1,6})?))?$/u.exec(
    text,
  );
  if (read === null) return undefined;
  const [, sign, from = '', until] = read;
  if (until !== undefined) return [Number(from), Number(until)];
  if (sign === '>=') return [Number(from), Number.POSITIVE_INFINITY];
  if (sign === '<=') return [Number.NEGATIVE_INFINITY, Number(from)];
  return [Number(from), Number(from)];
}

function meets(a: FeatureValue, b: FeatureValue): boolean {
  const { range: mine } = a;
  const { range: theirs } = b;
  const isSame =
    mine !== undefined && theirs !== undefined
      ? mine[0] <= theirs[1] && theirs[0] <= mine[1]
      : a.text === b.text;
  return a.isNegated === b.isNegated ? isSame : !isSame;
}

function qOf(params: Params): number {
  const q = params.get('q');
  return q !== undefined && /^(?:0(?:\.\d{1,3})?|1(?:\.0{1,3})?)$/u.test(q) ? Number(q) : 1;
}
