import { type SipResponse, SipUri } from '@strowger/sip-message';
import type { ProxyTarget } from './proxy-options.ts';

/**
 * The targets in the order in which they are tried: those of one group at once (RFC 3261 §16.6), no
 * more of them than the breadth allows (RFC 5393 §5.3.3), the next group when all have failed.
 *
 * @param tried URIs that were in the set before: none is tried twice (RFC 3261 §16.5).
 */
export function targetGroups(
  targets: readonly ProxyTarget[],
  { tried, breadth, atMost }: { tried: readonly string[]; breadth: number; atMost: number },
): ProxyTarget[][] {
  const [only] = targets;
  if (only !== undefined && targets.length === 1 && tried.length === 0 && atMost > 0) {
    return [[only]];
  }
  const seen = new Set(tried);
  const fresh = targets.filter((target) => {
    const key = targetKey(target);
    return !seen.has(key) && seen.add(key);
  });
  const groups: ProxyTarget[][] = [];
  let before: number | undefined;
  for (const target of fresh.slice(0, atMost).toSorted((one, other) => qOf(other) - qOf(one))) {
    const last = groups.at(-1);
    if (last === undefined || qOf(target) !== before || last.length >= breadth) {
      groups.push([target]);
    } else last.push(target);
    before = qOf(target);
  }
  return groups;
}

/** What makes two targets the same: one phone may have several flows to one URI (RFC 5626 §5.2). */
export function targetKey({ uri, hops, path }: ProxyTarget): string {
  const flows = hops?.map(({ transport, address, port, flow }) =>
    [transport, address, port, flow].join(' '),
  );
  return [uri, ...(path ?? []), ...(flows ?? [])].join('|');
}

/** The contacts that a 3xx names, as targets (RFC 3261 §16.7 step 4, §19.1.5). */
export function redirectTargets(response: SipResponse): ProxyTarget[] {
  const contacts = response.headers.get('contact');
  if (contacts === undefined || contacts === '*') return [];
  return contacts.flatMap(({ uri, params }) => {
    if (!(uri instanceof SipUri)) return [];
    const plain = uri.with({ headers: [], params: uri.params.clone() });
    plain.params.delete('method');
    return [{ uri: plain, q: quality(params.get('q')) }];
  });
}

function qOf({ q = 1 }: ProxyTarget): number {
  return q;
}

/** A q-value is 0 to 1 with three decimals (RFC 3261 §25.1); what is none counts as absent. */
function quality(text: string | undefined): number {
  return text !== undefined && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 1;
}
