import { URIC, isAll, isIn } from './characters.ts';
import { Fault, type Parsed, SipMessageError, toParsed } from './refusal.ts';
import { SipUri } from './sip-uri.ts';
import { SipUriSpans } from './sip-uri-scan.ts';
import { isScheme, OtherUri, TelUri } from './tel-uri.ts';

/** A URI, told apart by `scheme`. */
export type Uri = SipUri | TelUri | OtherUri;

const SECTION = 'RFC 3261 §19.1.1';

/** Parses a URI of any scheme. Linear in its length; never throws. */
export function parseUri(text: string): Parsed<Uri> {
  return toParsed(readUri(text));
}

/** The URI in a literal of the program: `uri('sip:alice@example.com')`. Throws `BAD_URI`. */
export function uri(text: string): Uri {
  const result = readUri(text);
  if (result instanceof Fault) throw new SipMessageError('BAD_URI', result.message);
  return result;
}

/** Whether a URI asks for secure hops all the way (RFC 3261 §26.2.2, RFC 5630). */
export function isSips(address: Uri | undefined): boolean {
  return address instanceof SipUri && address.scheme === 'sips';
}

/**
 * Reads a URI that fills the text from `from` to `end`; a fault has its position in the text.
 * @internal
 */
export function readUri(text: string, from = 0, end = text.length): Uri | Fault {
  const start = startOfSip(text, from);
  if (start > 0 && start <= end) return SipUri.read(new SipUriSpans(text, from, start, end));
  const other = readOther(text.slice(from, end));
  return other instanceof Fault ? other.moved(from + other.at) : other;
}

/** The position behind `sip:` or `sips:` in any case; 0 where the scheme is another. */
function startOfSip(text: string, from: number): number {
  if (text.startsWith('sip:', from)) return from + 4;
  const scheme = text.slice(from, from + 5).toLowerCase();
  if (scheme.startsWith('sip:')) return from + 4;
  return scheme === 'sips:' ? from + 5 : 0;
}

function readOther(text: string): Uri | Fault {
  const colon = text.indexOf(':');
  if (colon < 1 || !isScheme(text.slice(0, colon))) {
    return new Fault('BAD_URI', 0, SECTION, 'a URI begins with a scheme and a colon');
  }
  const scheme = text.slice(0, colon);
  if (scheme.toLowerCase() === 'tel') return TelUri.read(text);
  const opaque = text.slice(colon + 1);
  if (!isAll(opaque, URIC)) {
    const at = colon + 1 + badOctet(opaque);
    return new Fault('BAD_URI', at, SECTION, 'a URI holds a character that it may not');
  }
  return new OtherUri({ scheme, opaque });
}

function badOctet(opaque: string): number {
  let at = 0;
  while (isIn(opaque.charCodeAt(at), URIC)) at++;
  return at;
}
