import { type SipRequest, Via } from '@strowger/sip-message';

/** How long what is told holds, in milliseconds; the default of RFC 7339 §4.3 is the same. */
const VALIDITY_MS = 500;

/**
 * Tells a client that speaks overload control what share of its new requests it should keep to
 * itself (RFC 7339 §4, §5.1), in the top Via, which every response repeats. Clients that do not, or
 * that know other algorithms than `loss` alone, are told nothing.
 *
 * @param share from 0 to 1.
 * @param sequence grows with each change of the share.
 */
export function tellOverload(request: SipRequest, share: number, sequence: number): void {
  const { params } = request.via;
  if (!params.has('oc')) return;
  const algorithms = params.get('oc-algo')?.split(',') ?? [];
  if (!algorithms.some((name) => name.trim().toLowerCase() === 'loss')) return;
  const via = new Via(request.via);
  via.params
    .set('oc', String(Math.round(share * 100)))
    .set('oc-validity', String(share === 0 ? 0 : VALIDITY_MS))
    .set('oc-seq', String(sequence));
  if (algorithms.length > 1) via.params.set('oc-algo', 'loss');
  request.headers.replaceTopVia(via);
}
