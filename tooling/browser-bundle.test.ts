import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { forPages } from '../for-pages/plugin.ts';
import { root } from './workspace.ts';

/** Compressed, in bytes; docs/decisions/0085 says of what. */
const MOST = 170_000;

describe('the client for web pages', () => {
  let script = '';
  let imports: string[] = [];

  beforeAll(async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: [join(root, 'packages/sip-client/src/browser.ts')],
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      conditions: ['@strowger/source'],
      plugins: [forPages],
      inject: [join(root, 'for-pages/node-buffer.ts')],
      minify: true,
      write: false,
      metafile: true,
      logLevel: 'error',
    });
    script = outputFiles[0]?.text ?? '';
    imports = Object.values(metafile.outputs).flatMap((one) => one.imports.map(({ path }) => path));
  });

  it('is there, and imports nothing', () => {
    expect(script).toContain('RTCPeerConnection');
    expect(imports).toEqual([]);
  });

  it('names nothing that Node alone has', () => {
    const globals =
      /(?<![.\w$])(?:process\.\w+|setImmediate\(|require\(["'`]|__dirname)|"node:\w+"/g;
    expect(script.match(globals)).toBe(null);
  });

  it('is no larger than we say', () => {
    const { length } = gzipSync(script, { level: 9 });
    expect(length).toBeLessThan(MOST);
  });
});
