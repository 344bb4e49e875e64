import { BodyFault, type XmlElement, type XmlLimits } from './xml-element.ts';
import { parseXml } from './xml-parse.ts';

export { BodyFault, type XmlElement, type XmlLimits };

const DEFAULT_XML_LIMITS: XmlLimits = {
  bytes: 262_144,
  depth: 32,
  elements: 10_000,
  attributes: 64,
};

/** What came of reading a body. `status` is the one that a request with a faulty body deserves. */
export type ReadBody<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: 400 | 413; readonly message: string };

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
    const all = { ...DEFAULT_XML_LIMITS, ...limits };
    if (body.length > all.bytes) throw new BodyFault('the body is too large', 413);
    const text = typeof body === 'string' ? body : decode(body);
    return { ok: true, value: make(parseXml(text, all)) };
  } catch (fault) {
    if (!(fault instanceof BodyFault)) throw fault;
    return { ok: false, status: fault.status, message: fault.message };
  }
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
