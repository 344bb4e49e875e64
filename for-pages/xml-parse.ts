/// <reference lib="dom" />
import {
  BodyFault,
  type XmlElement,
  type XmlLimits,
} from '../packages/dialog-core/src/packages/xml-element.ts';

/** What Node's client has `saxes` for: the browser's own parser, for web pages. */
export function parseXml(text: string, limits: XmlLimits): XmlElement {
  if (/<!DOCTYPE/u.test(text)) throw new BodyFault('a document type is not taken');
  const parsed = new DOMParser().parseFromString(text, 'application/xml');
  if (parsed.querySelector('parsererror') !== null) throw new BodyFault('not well-formed XML');
  let elements = 0;
  const read = (element: Element, depth: number): XmlElement => {
    if (++elements > limits.elements) throw new BodyFault('too many elements', 413);
    if (depth > limits.depth) throw new BodyFault('elements are too deep', 413);
    if (element.attributes.length > limits.attributes) {
      throw new BodyFault('too many attributes', 413);
    }
    const namespace = element.namespaceURI ?? '';
    const own = [...element.attributes].filter(
      ({ namespaceURI: uri }) => uri === null || uri === namespace,
    );
    const texts = [...element.childNodes].filter(({ nodeType }) => TEXTS.includes(nodeType));
    return {
      name: element.localName,
      namespace,
      attributes: new Map(own.map(({ localName, value }) => [localName, value])),
      children: [...element.children].map((child) => read(child, depth + 1)),
      text: texts
        .map(({ nodeValue }) => nodeValue ?? '')
        .join('')
        .trim(),
    };
  };
  return read(parsed.documentElement, 1);
}

/** Text, and CDATA. */
const TEXTS: readonly number[] = [3, 4];
