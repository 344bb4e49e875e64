// Unpacks the 49 messages of RFC 4475 from the text of the RFC, whose appendix A is a base64 archive:
//   node scripts/conformance-files.mjs rfc4475.txt FOLDER
// They land in FOLDER/rfc4475/messages; tests find them with STROWGER_CASES=FOLDER.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [file, folder] = process.argv.slice(2);
if (file === undefined || folder === undefined) {
  console.error('usage: node scripts/conformance-files.mjs rfc4475.txt FOLDER');
  process.exit(2);
}
const messages = join(folder, 'rfc4475', 'messages');
mkdirSync(messages, { recursive: true });
execFileSync('tar', ['-xzf', '-', '-C', messages], {
  input: archiveOf(readFileSync(file, 'latin1')),
});

/** The archive between its two marks, without the page breaks of the RFC. */
function archiveOf(text) {
  const [, appendix] =
    /-- BEGIN MESSAGE ARCHIVE --([\s\S]*?)-- END MESSAGE ARCHIVE --/.exec(text) ?? [];
  if (appendix === undefined) throw new Error(`${file} holds no message archive`);
  const lines = appendix.split(/\r?\n/).map((line) => line.trim());
  const base64 = lines.filter((line) => /^[A-Za-z0-9+/]+={0,2}$/.test(line)).join('');
  return Buffer.from(base64, 'base64');
}
