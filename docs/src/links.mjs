import { posix } from 'node:path';

/**
 * Leads the links of a file of the repository to the pages of the site. What has no page (a folder, a
 * source file) stays as text without a link: the site does not know where the repository is.
 *
 * @param {string} text Markdown
 * @param {{ file: string, page: string, pages: Map<string, string> }} place which file it is, which
 *   page it becomes, and the pages of all files
 */
export function mapLinks(text, place) {
  return text.replaceAll(/\[([^\]\n]+)\]\(([^)\s]+)\)/g, (whole, label, target) => {
    if (/^(https?:|mailto:|#)/.test(target)) return whole;
    const [path = '', anchor] = target.split('#');
    const found = pageOf(posix.join(posix.dirname(place.file), path), place.pages);
    if (found === undefined) return label;
    const link = posix.relative(posix.dirname(place.page), found);
    return `[${label}](${link.startsWith('.') ? link : `./${link}`}${anchor ? `#${anchor}` : ''})`;
  });
}

function pageOf(file, pages) {
  const path = file.replace(/\/$/, '');
  const example = /^examples\/([a-z-]+)\.ts$/.exec(path);
  if (example) return `examples.md#${example[1]}`;
  return pages.get(path) ?? pages.get(`${path}/README.md`);
}
