import { type Keyword, readKeyword } from './keywords.ts';
import type { Problem } from './problems.ts';

/** Text with keywords in it. */
export type Template = readonly (string | Keyword)[];

/** What reading templates needs, and where it complains. */
export interface TemplateContext {
  readonly keys: ReadonlySet<string>;
  readonly problems: Problem[];
}

/** Reads text that begins in this line; what is no keyword is a problem, and stays as it is. */
export function readTemplate(
  text: string,
  line: number,
  { keys, problems }: TemplateContext,
): Template {
  const parts: (string | Keyword)[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf('[', from);
    const close = open < 0 ? -1 : text.indexOf(']', open);
    if (close < 0) break;
    if (open > from) parts.push(text.slice(from, open));
    const inner = text.slice(open + 1, close);
    const keyword = readKeyword(inner, keys);
    parts.push(keyword ?? text.slice(open, close + 1));
    if (keyword === undefined) {
      const at = line + text.slice(0, open).split('\n').length - 1;
      problems.push({ line: at, text: `[${inner}] is no keyword that is understood` });
    }
    from = close + 1;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** Puts values in place of keywords; `undefined` where one of them drops the whole line. */
export function fill(
  template: Template,
  valueOf: (keyword: Keyword) => string | undefined,
): string | undefined {
  let filled = '';
  for (const part of template) {
    const value = typeof part === 'string' ? part : valueOf(part);
    if (value === undefined) return undefined;
    filled += value;
  }
  return filled;
}
