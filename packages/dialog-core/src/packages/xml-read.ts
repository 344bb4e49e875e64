import { SaxesParser } from 'saxes';

/** What is read of a peer's XML at most. */
export interface XmlLimits {
  /** Default 256 KiB. */
  readonly bytes: number;
  /** Default 32. */
  readonly depth: number;
  /** Default 10,000. */
  readonly elements: number;
  /** Attributes of one element, namespaces among them. Default 64. */
  readonly attributes: number;
}

const DEFAULT_XML_LIMITS: XmlLimits = {
  bytes: 262_144,
  depth: 32,
  elements: 10_000,
  attributes: 64,
};

/** An element: what of it counts in the bodies of event packages. */
export interface XmlElement {
  /** Without prefix. */
  readonly name: string;
  readonly namespace: string;
  /** By local name, those without a namespace or of this element's own. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text within, without leading and trailing space. */
  readonly text: string;
}

/** What came of reading a body. `status` is the one that a request with a faulty body deserves. */
export type ReadBody<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: 400 | 413; readonly message: string };

/** A body that is not as it should be, on its way out of a reader; never thrown at the caller. */
export class BodyFault extends Error {
  readonly status: 400 | 413;

  constructor(message: string, status: 400 | 413 = 400) {
    super(message);
    this.status = status;
  }
}

interface Open {
  name: string;
  namespace: string;
  attributes: Map<string, string>;
  children: XmlElement[];
  text: string;
}

/**
 * Reads an XML body and makes a value of its root. Document types are refused, so that no entity is
 * ever declared or expanded; what is too large, too deep or has too many elements gets 413. Never
 * throws for what the body holds.
 */
export function readXml<T>(
  body: string | Uint8Array,
  make: (root: XmlElement) => T,
  limits: Partial<XmlLimits> = {},
): ReadBody<T> {
  try {
    return { ok: true, value: make(parse(body, { ...DEFAULT_XML_LIMITS, ...limits })) };
  } catch (fault) {
    if (!(fault instanceof BodyFault)) throw fault;
    return { ok: false, status: fault.status, message: fault.message };
  }
}

function parse(body: string | Uint8Array, limits: XmlLimits): XmlElement {
  if (body.length > limits.bytes) throw new BodyFault('the body is too large', 413);
  const text = typeof body === 'string' ? body : decode(body);
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  let attributes = 0;
  parser.on('error', (error) => {
    throw new BodyFault(`not well-formed XML: ${error.message.slice(0, 80)}`);
  });
  parser.on('doctype', () => {
    throw new BodyFault('a document type is not taken');
  });
  parser.on('opentagstart', () => {
    attributes = 0;
    if (++elements > limits.elements) throw new BodyFault('too many elements', 413);
    if (open.length >= limits.depth) throw new BodyFault('elements are too deep', 413);
  });
  parser.on('attribute', () => {
    if (++attributes > limits.attributes) throw new BodyFault('too many attributes', 413);
  });
  parser.on('opentag', (tag) => {
    const own = Object.values(tag.attributes).filter(({ uri }) => uri === '' || uri === tag.uri);
    const values = own.map(({ local, value }): [string, string] => [local, value]);
    const { local: name, uri: namespace } = tag;
    open.push({ name, namespace, attributes: new Map(values), children: [], text: '' });
  });
  const addText = (more: string): void => {
    const top = open.at(-1);
    if (top !== undefined) top.text += more;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed === undefined) return;
    closed.text = closed.text.trim();
    const parent = open.at(-1);
    if (parent === undefined) root = closed;
    else parent.children.push(closed);
  });
  parser.write(text).close();
  if (root === undefined) throw new BodyFault('there is no element');
  return root;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BodyFault('the body is not UTF-8');
  }
}

/** The first child with this name, of the parent's namespace unless another is given. */
export function child(
  parent: XmlElement,
  name: string,
  namespace = parent.namespace,
): XmlElement | undefined {
  return parent.children.find((each) => each.name === name && each.namespace === namespace);
}

/** All children with this name, of the parent's namespace unless another is given. */
export function childrenOf(
  parent: XmlElement,
  name: string,
  namespace = parent.namespace,
): XmlElement[] {
  return parent.children.filter((each) => each.name === name && each.namespace === namespace);
}

/** The text of the first child with this name; undefined where there is none, or it is empty. */
export function textOf(parent: XmlElement, name: string, namespace?: string): string | undefined {
  const text = child(parent, name, namespace)?.text;
  return text === '' ? undefined : text;
}

/** The attribute; a fault where it is absent. */
export function needed(element: XmlElement, name: string): string {
  const value = element.attributes.get(name);
  if (value === undefined) throw new BodyFault(`<${element.name}> has no ${name}`);
  return value;
}

/** A number without sign; undefined where there is none, a fault where it is none. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,15}$/u.test(text)) throw new BodyFault('a number is no number');
  return Number(text);
}

/** A boolean of XML Schema; undefined where there is none. */
export function booleanOf(text: string | undefined): boolean | undefined {
  if (text === undefined || text === '') return undefined;
  return text === 'true' || text === '1';
}

/** One of these words; undefined for any other. */
export function oneOf<const W extends string>(
  words: readonly W[],
  text: string | undefined,
): W | undefined {
  return words.find((word) => word === text);
}

/** A fault unless the root is this. */
export function expectRoot(root: XmlElement, name: string, namespace: string): void {
  if (root.name === name && root.namespace === namespace) return;
  throw new BodyFault(`the root is not ${name} of ${namespace}`);
}
