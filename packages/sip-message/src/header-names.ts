/** The names that RFC 3261 §20 and the extensions in use define, as they are usually written. */
const NAMES = [
  'Via',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Max-Forwards',
  'Content-Length',
  'Contact',
  'Content-Type',
  'Route',
  'Record-Route',
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Alert-Info',
  'Allow',
  'Authentication-Info',
  'Authorization',
  'Call-Info',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Date',
  'Error-Info',
  'Expires',
  'In-Reply-To',
  'Min-Expires',
  'MIME-Version',
  'Organization',
  'Priority',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Proxy-Require',
  'Reply-To',
  'Require',
  'Retry-After',
  'Server',
  'Subject',
  'Supported',
  'Timestamp',
  'Unsupported',
  'User-Agent',
  'Warning',
  'WWW-Authenticate',
  'Reason',
  'Allow-Events',
  'Event',
  'Refer-To',
  'Referred-By',
  'Session-Expires',
  'Min-SE',
  'RSeq',
  'RAck',
  'Replaces',
  'Subscription-State',
  'SIP-ETag',
  'SIP-If-Match',
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Privacy',
  'Path',
  'Service-Route',
  'Diversion',
  'History-Info',
  'Join',
  'Identity',
  'Accept-Contact',
  'Reject-Contact',
  'Request-Disposition',
  'Proxy-Authentication-Info',
  'Target-Dialog',
  'Session-ID',
  'Refer-Sub',
  'Answer-Mode',
  'Priv-Answer-Mode',
  'Flow-Timer',
  'Max-Breadth',
  'Info-Package',
  'Recv-Info',
  'Resource-Priority',
  'Accept-Resource-Priority',
  'Security-Client',
  'Security-Server',
  'Security-Verify',
  'P-Called-Party-ID',
  'P-Associated-URI',
  'Remote-Party-ID',
] as const;

/** Compact forms (RFC 3261 §7.3.3 and the IANA registry). */
export const COMPACT: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
  e: 'content-encoding',
  k: 'supported',
  s: 'subject',
  o: 'event',
  u: 'allow-events',
  r: 'refer-to',
  b: 'referred-by',
  x: 'session-expires',
  a: 'accept-contact',
  j: 'reject-contact',
  d: 'request-disposition',
  y: 'identity',
};

const ID_OF = new Map<string, number>();
const LOWER: string[] = [''];
for (const name of NAMES) {
  LOWER.push(name.toLowerCase());
  ID_OF.set(name, LOWER.length - 1);
  ID_OF.set(name.toLowerCase(), LOWER.length - 1);
}
for (const [letter, name] of Object.entries(COMPACT)) {
  ID_OF.set(letter, ID_OF.get(name) ?? 0);
  ID_OF.set(letter.toUpperCase(), ID_OF.get(name) ?? 0);
}

/** The identity of a header by any spelling of its name; 0 where the name is not known. */
export function headerId(name: string): number {
  return ID_OF.get(name) ?? ID_OF.get(name.toLowerCase()) ?? 0;
}

/** The name in lower case, compact forms written out. */
export function headerKey(name: string): string {
  const id = headerId(name);
  return id === 0 ? name.toLowerCase() : (LOWER[id] ?? '');
}

/** The lower-case name of an identity. */
export function headerKeyOf(id: number): string {
  return LOWER[id] ?? '';
}

/** A known name that the program spells in lower case is sent in its usual spelling. */
export function usualName(id: number, name: string): string {
  return name === LOWER[id] ? (NAMES[id - 1] ?? name) : name;
}

export const VIA = headerId('via');
export const FROM = headerId('from');
export const TO = headerId('to');
export const CALL_ID = headerId('call-id');
export const CSEQ = headerId('cseq');
export const MAX_FORWARDS = headerId('max-forwards');
export const CONTENT_LENGTH = headerId('content-length');
export const CONTENT_TYPE = headerId('content-type');
export const CONTACT = headerId('contact');
