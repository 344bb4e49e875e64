// Builds the documentation site into `docs/.vitepress/dist`: the guides, every package's README, the
// examples, the decisions, the conformance matrix out of the tests and the record of their runs, and the API out of the
// sources. `--serve` shows it. A link that leads nowhere fails the build.
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';
import { build, createServer } from 'vitepress';
import { writeConformance } from './src/conformance.mjs';
import { entryPoints, writePages } from './src/pages.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const site = `${here}.site`;

rmSync(site, { recursive: true, force: true });
writePages(site);
writeConformance(site);
await writeApi();
process.chdir(here);
if (process.argv.includes('--serve')) await serve();
else await build(here);

/** One page for each export of each package, and a side bar of them. */
async function writeApi() {
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
    entryPoints: entryPoints(),
    tsconfig: `${here}tsconfig.json`,
    out: `${site}/api`,
    docsRoot: site,
    readme: 'none',
    router: 'module',
    excludeInternal: true,
    excludePrivate: true,
    disableSources: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    // types of a lower layer that a signature names are documented in their own package
    validation: { notExported: false, invalidLink: false },
    skipErrorChecking: true,
    logLevel: 'Error',
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('typedoc found nothing to document');
  // by the package, not by the folder of its entry
  for (const one of project.children ?? []) one.name = one.name.replace(/\/src$/, '');
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('typedoc had errors');
}

async function serve() {
  const server = await createServer(here);
  await server.listen();
  server.printUrls();
}
