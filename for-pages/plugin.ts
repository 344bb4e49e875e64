import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

/** Who has its digests reckoned by `node:crypto`, and is used in pages. */
const DIGESTS = /\/(?:sip-message|transaction-core)\/src\/digest(?:-nonce)?\.ts$|compose-multipart/;

/**
 * Bundles the sources of the packages for web pages: what they use of `node:buffer` and, for digests,
 * of `node:crypto` comes from small modules here, and XML is read by the browser. All else of Node stays outside, and has to be gone
 * with the code that nobody calls: a test looks.
 */
export const forPages: Plugin = {
  name: 'for-pages',
  setup(build) {
    const at = (file: string) => ({ path: fileURLToPath(new URL(file, import.meta.url)) });
    build.onResolve({ filter: /\/xml-parse\.ts$/ }, () => at('./xml-parse.ts'));
    build.onResolve({ filter: /^node:buffer$/ }, () => at('./node-buffer.ts'));
    build.onResolve({ filter: /^node:/ }, ({ path, importer }) =>
      path === 'node:crypto' && DIGESTS.test(importer)
        ? at('./node-crypto.ts')
        : { path, external: true, sideEffects: false },
    );
    build.onResolve({ filter: /^[\w@]/ }, ({ path, kind }) =>
      kind === 'entry-point' || PAGES.test(path)
        ? undefined
        : { path, external: true, sideEffects: false },
    );
  },
};

/** What may be part of it. */
const PAGES = /^(?:@strowger\/|@noble\/hashes\/|buffer\/$|base64-js$|ieee754$)/;
