/** What an element is written from: undefined ones are left out. */
export type XmlAttributes = Readonly<Record<string, string | number | boolean | undefined>>;
/** Written XML, or nothing. */
export type XmlText = string | undefined;

/** Writes an element; `content` is XML that was written, or `escaped` text. */
export function element(
  name: string,
  attributes: XmlAttributes = {},
  content: readonly XmlText[] = [],
): string {
  const inner = content.filter((each) => each !== undefined).join('');
  const pairs = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const head = pairs.map(([key, value]) => ` ${key}="${escaped(String(value))}"`).join('');
  return inner === '' ? `<${name}${head}/>` : `<${name}${head}>${inner}</${name}>`;
}

/** An element with text; nothing where there is no text. */
export function textElement(name: string, text: string | number | undefined): XmlText {
  return text === undefined ? undefined : element(name, {}, [escaped(String(text))]);
}

/** A whole document. */
export function document(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Control characters, lone surrogates and noncharacters (XML 1.0 §2.2). */
const NOT_IN_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text as it stands in XML; characters that XML cannot hold are left out. */
export function escaped(text: string): string {
  const allowed = text.replaceAll(NOT_IN_XML, '');
  return allowed.replaceAll(/[&<>"\t\n\r]/gu, (char) => ESCAPES[char] ?? char);
}
