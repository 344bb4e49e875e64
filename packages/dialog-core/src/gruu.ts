import { type NameAddr, parseUri, SipUri, type Uri } from '@strowger/sip-message';

/** The GRUUs that a registrar gave to one Contact (RFC 5627 §5.3). */
export interface Gruus {
  readonly pub?: SipUri | undefined;
  readonly temp?: SipUri | undefined;
}

/** The GRUUs in a Contact of a 2xx to REGISTER; what is no SIP URI is left out. */
export function gruusOf({ params }: NameAddr): Gruus {
  return { pub: read(params.get('pub-gruu')), temp: read(params.get('temp-gruu')) };
}

/** Whether a URI is a GRUU: it has a `gr` parameter (RFC 5627 §4.1). */
export function isGruu(uri: Uri): uri is SipUri {
  return uri instanceof SipUri && uri.params.has('gr');
}

/**
 * Whether a URI names the same resource as a GRUU (RFC 5627 §4.1): user and host of both, and the
 * value of `gr`, with regard to case.
 */
export function matchesGruu(uri: Uri, gruu: Uri): boolean {
  if (!isGruu(uri) || !isGruu(gruu)) return false;
  if (uri.params.get('gr') !== gruu.params.get('gr')) return false;
  return uri.user === gruu.user && uri.host.toLowerCase() === gruu.host.toLowerCase();
}

/** The address of record of a public GRUU: itself without `gr` (RFC 5627 §3.1). */
export function aorOfGruu(gruu: SipUri): SipUri {
  const { scheme, user, host, port, params } = gruu;
  const rest = [...params].filter(([name]) => name.toLowerCase() !== 'gr');
  return new SipUri({ scheme, user, host, port, params: rest });
}

function read(text: string | undefined): SipUri | undefined {
  const parsed = text === undefined ? undefined : parseUri(text);
  return parsed?.ok === true && isGruu(parsed.value) ? parsed.value : undefined;
}
