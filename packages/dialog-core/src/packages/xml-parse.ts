import { SaxesParser } from 'saxes';
import { BodyFault, type XmlElement, type XmlLimits } from './xml-element.ts';

interface Open {
  name: string;
  namespace: string;
  attributes: Map<string, string>;
  children: XmlElement[];
  text: string;
}

/**
 * The root of an XML document. Document types are refused, so that no entity is ever declared or expanded.
 * Throws `BodyFault`. In web pages `for-pages/xml-parse.ts` stands in for it.
 */
export function parseXml(text: string, limits: XmlLimits): XmlElement {
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
