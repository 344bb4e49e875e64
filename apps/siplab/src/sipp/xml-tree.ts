import { SaxesParser } from 'saxes';

/** An element, with the line that it stands in. */
export interface XmlElement {
  readonly name: string;
  readonly line: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text and CDATA directly within it. */
  readonly text: string;
  /** The line in which that begins. */
  readonly textLine: number;
}

interface Open extends XmlElement {
  children: XmlElement[];
  text: string;
  textLine: number;
}

/** XML that cannot be read. */
export class XmlError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Reads a document, gives its outermost element. Throws `XmlError`. External entities are not read. */
export function readXml(document: string): XmlElement {
  const parser = new SaxesParser();
  const root: Open = { name: '', line: 1, attributes: {}, children: [], text: '', textLine: 1 };
  const open: Open[] = [root];
  const add = (text: string): void => {
    const element = open.at(-1) ?? root;
    if (element.text === '') element.textLine = parser.line - text.split('\n').length + 1;
    element.text += text;
  };
  parser.on('opentag', ({ name, attributes }) => {
    const at = { line: parser.line, children: [], text: '', textLine: parser.line };
    const element: Open = { name, attributes: { ...attributes }, ...at };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', (text) => text.trim() !== '' && add(text));
  parser.on('cdata', add);
  parser.on('error', ({ message }) => {
    throw new XmlError(parser.line, message);
  });
  parser.write(document).close();
  const [outermost] = root.children;
  if (outermost === undefined) throw new XmlError(1, 'there is no element');
  return outermost;
}
