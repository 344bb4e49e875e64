import { document, element, textElement } from './xml-write.ts';
import {
  BodyFault,
  childrenOf,
  expectRoot,
  needed,
  numberOf,
  oneOf,
  type ReadBody,
  readXml,
  textOf,
  type XmlElement,
} from './xml-read.ts';

const NAMESPACE = 'urn:ietf:params:xml:ns:reginfo';
const GRUU = 'urn:ietf:params:xml:ns:gruuinfo';

/** The media type of the `reg` package (RFC 3680 §4.5). */
export const REGINFO_TYPE = 'application/reginfo+xml';

const EVENTS = [
  'registered',
  'created',
  'refreshed',
  'shortened',
  'expired',
  'deactivated',
  'probation',
  'unregistered',
  'rejected',
] as const;

/** One binding (RFC 3680 §5.3). */
export interface RegContact {
  readonly id: string;
  readonly state: 'active' | 'terminated';
  readonly event: (typeof EVENTS)[number];
  readonly uri: string;
  readonly displayName?: string | undefined;
  readonly expiresSeconds?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly callId?: string | undefined;
  readonly cseq?: number | undefined;
  /** RFC 5628. */
  readonly pubGruu?: string | undefined;
}

/** All bindings of one address of record. */
export interface Registration {
  readonly aor: string;
  readonly id: string;
  readonly state: 'init' | 'active' | 'terminated';
  readonly contacts: readonly RegContact[];
}

/** The body of the `reg` package (RFC 3680). */
export interface RegInfo {
  readonly version: number;
  readonly state: 'full' | 'partial';
  readonly registrations: readonly Registration[];
}

/** Reads a reginfo body; never throws. */
export function parseRegInfo(body: string | Uint8Array): ReadBody<RegInfo> {
  return readXml(body, (root) => {
    expectRoot(root, 'reginfo', NAMESPACE);
    return {
      version: numberOf(needed(root, 'version')) ?? 0,
      state: needed(root, 'state') === 'partial' ? 'partial' : 'full',
      registrations: childrenOf(root, 'registration').map((registration) => ({
        aor: needed(registration, 'aor'),
        id: needed(registration, 'id'),
        state: word(['init', 'active', 'terminated'], needed(registration, 'state')),
        contacts: childrenOf(registration, 'contact').map(readContact),
      })),
    };
  });
}

function readContact(contact: XmlElement): RegContact {
  const { attributes } = contact;
  const gruu = contact.children.find((each) => each.name === 'pub-gruu' && each.namespace === GRUU);
  return {
    id: needed(contact, 'id'),
    state: word(['active', 'terminated'], needed(contact, 'state')),
    event: word(EVENTS, needed(contact, 'event')),
    uri: textOf(contact, 'uri') ?? '',
    displayName: textOf(contact, 'display-name'),
    expiresSeconds: numberOf(attributes.get('expires')),
    retryAfterSeconds: numberOf(attributes.get('retry-after')),
    callId: attributes.get('callid'),
    cseq: numberOf(attributes.get('cseq')),
    pubGruu: gruu?.attributes.get('uri'),
  };
}

function word<const W extends string>(words: readonly W[], text: string): W {
  const found = oneOf(words, text);
  if (found === undefined) throw new BodyFault('a state or event that RFC 3680 does not name');
  return found;
}

/** Writes a reginfo body. */
export function formatRegInfo({ version, state, registrations }: RegInfo): string {
  const content = registrations.map((registration) =>
    element(
      'registration',
      { aor: registration.aor, id: registration.id, state: registration.state },
      registration.contacts.map(writeContact),
    ),
  );
  return document(element('reginfo', { xmlns: NAMESPACE, version, state }, content));
}

function writeContact(contact: RegContact): string {
  const { id, state, event, expiresSeconds, retryAfterSeconds, callId, cseq, pubGruu } = contact;
  const head = {
    id,
    state,
    event,
    expires: expiresSeconds,
    'retry-after': retryAfterSeconds,
    callid: callId,
    cseq,
  };
  return element('contact', head, [
    textElement('uri', contact.uri),
    textElement('display-name', contact.displayName),
    pubGruu === undefined ? undefined : element('gr:pub-gruu', { 'xmlns:gr': GRUU, uri: pubGruu }),
  ]);
}

/** The full state after a further NOTIFY (RFC 3680 §5.1); as `mergeDialogInfo`. */
export function mergeRegInfo(
  known: RegInfo | undefined,
  news: RegInfo,
): RegInfo | 'refresh' | 'old' {
  if (known !== undefined && news.version <= known.version) return 'old';
  if (news.state === 'full') return news;
  if (known === undefined || news.version !== known.version + 1) return 'refresh';
  const registrations = new Map(known.registrations.map((each) => [each.id, living(each)]));
  for (const each of news.registrations) {
    const contacts = new Map(registrations.get(each.id)?.contacts.map((one) => [one.id, one]));
    for (const contact of each.contacts) contacts.set(contact.id, contact);
    registrations.set(each.id, { ...each, contacts: [...contacts.values()] });
  }
  return { ...news, state: 'full', registrations: [...registrations.values()] };
}

function living(registration: Registration): Registration {
  const contacts = registration.contacts.filter(({ state }) => state === 'active');
  return { ...registration, contacts };
}
