// Compiles datagrams.c for this machine: `node native/build.mjs [FOLDER]`, with a C compiler (`CC`, else
// `cc`) and the headers that come with Node. The result says of which source it was made; beside it
// stands its hash, for `sha256sum -c`. Both go into this folder, unless another is named.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const [folder = here] = process.argv.slice(2);
const source = join(here, 'datagrams.c');
const name = `${process.platform}-${process.arch}`;
const target = join(folder, `${name}.node`);
const headers =
  process.env.NODE_HEADERS ?? join(dirname(process.execPath), '..', 'include', 'node');
const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

const strict = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror'];
const shared = ['-fPIC', '-shared', '-fvisibility=hidden', '-fstack-protector-strong', '-s'];
const linked = ['-Wl,--build-id=none', '-Wl,-z,relro,-z,now'];
const input = [`-I${headers}`, `-DSOURCE_SHA256="${hashOf(source)}"`, source];
execFileSync(process.env.CC ?? 'cc', [...strict, ...shared, ...linked, ...input, '-o', target], {
  stdio: 'inherit',
});
writeFileSync(join(folder, `${name}.sha256`), `${hashOf(target)}  ${name}.node\n`);
