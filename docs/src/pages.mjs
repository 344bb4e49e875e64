import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mapLinks } from './links.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where each file of the repository that has a page stands on the site. */
export function pageTable() {
  const pages = new Map([
    ['ARCHITECTURE.md', 'architecture.md'],
    ['CONTRIBUTING.md', 'contributing.md'],
    ['SECURITY.md', 'security.md'],
    ['bench/RESULTS.md', 'speed.md'],
    ['examples/README.md', 'examples.md'],
  ]);
  for (const name of markdown('docs')) pages.set(`docs/${name}`, name);
  for (const name of markdown('docs/guide')) pages.set(`docs/guide/${name}`, `guide/${name}`);
  for (const name of markdown('docs/decisions')) {
    pages.set(`docs/decisions/${name}`, `decisions/${name === 'README.md' ? 'index.md' : name}`);
  }
  for (const kind of ['packages', 'apps']) {
    for (const name of withReadme(kind)) {
      pages.set(`${kind}/${name}/README.md`, `${kind}/${name}.md`);
    }
  }
  return pages;
}

/** Writes every page into `site`, its links led to the other pages. */
export function writePages(site) {
  const pages = pageTable();
  for (const [file, page] of pages) {
    const source = withPrograms(readFileSync(join(root, file), 'utf8'), file);
    const text = mapLinks(source, { file, page, pages });
    write(join(site, page), file === 'examples/README.md' ? withSources(text) : text);
    for (const picture of picturesIn(source)) {
      copyFileSync(join(root, dirname(file), picture), join(site, dirname(page), picture));
    }
  }
}

/** Pictures that stand beside their page. */
function picturesIn(text) {
  return Array.from(text.matchAll(/!\[[^\]]*\]\(([\w-]+\.svg)\)/g), ([, picture]) => picture);
}

/** The packages' entries, for the API pages. */
export function entryPoints() {
  return withReadme('packages').map((name) => join(root, 'packages', name, 'src/index.ts'));
}

/** Names of the packages (or apps) that have a README. */
export function withReadme(kind) {
  return readdirSync(join(root, kind), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => readdirSync(join(root, kind, name)).includes('README.md'))
    .toSorted();
}

/** Every program below the table of them. */
function withSources(text) {
  const programs = readdirSync(join(root, 'examples')).filter((name) => /^[a-z-]+\.ts$/.test(name));
  const sources = programs.map((name) => {
    return `## ${basename(name, '.ts')}\n\n${codeBlock(join(root, 'examples', name))}\n`;
  });
  return `${text}\n${sources.join('\n')}`;
}

/** Puts programs in the place of lines such as `<<< ../../examples/hold.ts`. */
function withPrograms(text, file) {
  return text.replaceAll(/^<<< (\S+)$/gm, (_, path) => codeBlock(join(root, dirname(file), path)));
}

function codeBlock(path) {
  return `\`\`\`ts\n${readFileSync(path, 'utf8').trimEnd()}\n\`\`\``;
}

function markdown(folder) {
  return readdirSync(join(root, folder)).filter((name) => name.endsWith('.md'));
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
