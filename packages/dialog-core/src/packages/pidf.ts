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
  readonly notes: readonly string[];
}

/** Reads a PIDF body; never throws. Elements of other namespaces are passed over. */
export function parsePidf(body: string | Uint8Array): ReadBody<Presence> {
  return readXml(body, (root) => {
    expectRoot(root, 'presence', NAMESPACE);
    return {
      entity: needed(root, 'entity'),
      tuples: childrenOf(root, 'tuple').map(readTuple),
      notes: notesOf(root),
    };
  });
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

/** Writes a PIDF body. */
export function formatPidf({ entity, tuples, notes }: Presence): string {
  const content = [...tuples.map(writeTuple), ...notes.map((note) => textElement('note', note))];
  return document(element('presence', { xmlns: NAMESPACE, entity }, content));
}

function writeTuple({ id, basic, contact, priority, notes, timestamp }: PresenceTuple): string {
  return element('tuple', { id }, [
    element('status', {}, [textElement('basic', basic)]),
    contact === undefined ? undefined : element('contact', { priority }, [escaped(contact)]),
    ...notes.map((note) => textElement('note', note)),
    textElement('timestamp', timestamp),
  ]);
}
