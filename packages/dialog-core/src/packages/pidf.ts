import { document, element, escaped, textElement } from './xml-write.ts';
import {
  child,
  childrenOf,
  expectRoot,
  needed,
  type ReadBody,
  readXml,
  textOf,
  type XmlElement,
} from './xml-read.ts';

const NAMESPACE = 'urn:ietf:params:xml:ns:pidf';
const DATA_MODEL = 'urn:ietf:params:xml:ns:pidf:data-model';
const RPID = 'urn:ietf:params:xml:ns:pidf:rpid';

/** The media type of the `presence` package (RFC 3856 §6.7). */
export const PIDF_TYPE = 'application/pidf+xml';

/** One way to reach somebody (RFC 3863 §4.1.2). */
export interface PresenceTuple {
  readonly id: string;
  readonly basic?: 'open' | 'closed' | undefined;
  readonly contact?: string | undefined;
  /** 0 to 1, the higher the better. */
  readonly priority?: number | undefined;
  readonly notes: readonly string[];
  /** As in RFC 3339. */
  readonly timestamp?: string | undefined;
}

/** The body of the `presence` package (RFC 3863). */
export interface Presence {
  readonly entity: string;
  readonly tuples: readonly PresenceTuple[];
  /** Of the document, and of the person (RFC 4479 §3.4). */
  readonly notes: readonly string[];
  /**
   * What the person does: `away`, `busy`, `on-the-phone` and their kin (RFC 4480 §3.2), by the names of
   * their elements; absent where nothing is said of it.
   */
  readonly activities?: readonly string[] | undefined;
}

/** Reads a PIDF body; never throws. Of other namespaces the person's notes and activities are read. */
export function parsePidf(body: string | Uint8Array): ReadBody<Presence> {
  return readXml(body, (root) => {
    expectRoot(root, 'presence', NAMESPACE);
    const persons = childrenOf(root, 'person', DATA_MODEL);
    return {
      entity: needed(root, 'entity'),
      tuples: childrenOf(root, 'tuple').map(readTuple),
      notes: [...new Set([root, ...persons].flatMap(notesOf))],
      activities: activitiesOf(persons),
    };
  });
}

function activitiesOf(persons: readonly XmlElement[]): string[] | undefined {
  const lists = persons.flatMap((person) => childrenOf(person, 'activities', RPID));
  if (lists.length === 0) return undefined;
  const all = lists.flatMap(({ children }) => children);
  const named = all.filter(({ name, namespace }) => namespace === RPID && name !== 'note');
  return [...new Set(named.map(({ name }) => name))];
}

function readTuple(tuple: XmlElement): PresenceTuple {
  const status = child(tuple, 'status');
  const basic = status === undefined ? undefined : textOf(status, 'basic');
  const contact = child(tuple, 'contact');
  const priority = contact?.attributes.get('priority');
  return {
    id: needed(tuple, 'id'),
    basic: basic === 'open' || basic === 'closed' ? basic : undefined,
    contact: contact?.text,
    priority:
      priority !== undefined && /^[01](\.\d{1,3})?$/u.test(priority) ? Number(priority) : undefined,
    notes: notesOf(tuple),
    timestamp: textOf(tuple, 'timestamp'),
  };
}

const notesOf = (parent: XmlElement): string[] =>
  childrenOf(parent, 'note').map(({ text }) => text);

/** Writes a PIDF body. An activity that is no name of an element of RFC 4480's is left out. */
export function formatPidf({ entity, tuples, notes, activities }: Presence): string {
  const content = [
    ...tuples.map(writeTuple),
    ...notes.map((note) => textElement('note', note)),
    activities === undefined ? undefined : writePerson(activities),
  ];
  return document(element('presence', { xmlns: NAMESPACE, entity }, content));
}

function writePerson(activities: readonly string[]): string {
  const names = activities.filter((name) => /^[a-z]+(?:-[a-z]+)*$/u.test(name));
  const list = element(
    'r:activities',
    { 'xmlns:r': RPID },
    names.map((name) => element(`r:${name}`)),
  );
  return element('d:person', { 'xmlns:d': DATA_MODEL, id: 'person' }, [list]);
}

function writeTuple({ id, basic, contact, priority, notes, timestamp }: PresenceTuple): string {
  return element('tuple', { id }, [
    element('status', {}, [textElement('basic', basic)]),
    contact === undefined ? undefined : element('contact', { priority }, [escaped(contact)]),
    ...notes.map((note) => textElement('note', note)),
    textElement('timestamp', timestamp),
  ]);
}
