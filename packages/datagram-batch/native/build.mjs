// Compiles datagrams.c for this machine: `node native/build.mjs`, with a C compiler (`CC`, else `cc`)
// and the headers that come with Node. The result says of which source it was made.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const source = join(here, 'datagrams.c');
const target = join(here, `${process.platform}-${process.arch}.node`);
const headers =
  process.env.NODE_HEADERS ?? join(dirname(process.execPath), '..', 'include', 'node');
const hash = createHash('sha256').update(readFileSync(source)).digest('hex');

const strict = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror'];
const shared = ['-fPIC', '-shared', '-fvisibility=hidden', '-fstack-protector-strong', '-s'];
const linked = ['-Wl,--build-id=none', '-Wl,-z,relro,-z,now'];
const input = [`-I${headers}`, `-DSOURCE_SHA256="${hash}"`, source];
execFileSync(process.env.CC ?? 'cc', [...strict, ...shared, ...linked, ...input, '-o', target], {
  stdio: 'inherit',
});
