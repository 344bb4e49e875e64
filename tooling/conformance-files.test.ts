import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './workspace.ts';

it('unpacks the archive of an RFC, over its page breaks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'strowger-rfc-'));
  try {
    writeFileSync(
      join(folder, 'wsinv.dat'),
      'INVITE sip:vivekg@chair-dnrc.example.com SIP/2.0\r\n',
    );
    const archive = execFileSync('tar', ['-czf', '-', '-C', folder, 'wsinv.dat']).toString(
      'base64',
    );
    const lines = archive.match(/.{1,68}/g) ?? [];
    const pageBreak = [
      '',
      'Sparks, et al.               Informational                     [Page 50]',
      '\f',
      'RFC 4475               SIP Torture Test Messages                May 2006',
      '',
    ];
    lines.splice(1, 0, ...pageBreak);
    const text = ['   -- BEGIN MESSAGE ARCHIVE --', ...lines, '   -- END MESSAGE ARCHIVE --'];
    writeFileSync(join(folder, 'rfc4475.txt'), text.map((line) => `   ${line}`).join('\n'));
    const script = join(root, 'scripts/conformance-files.mjs');
    execFileSync(process.execPath, [script, join(folder, 'rfc4475.txt'), folder]);
    const message = readFileSync(join(folder, 'rfc4475/messages/wsinv.dat'), 'utf8');
    expect(message).toBe('INVITE sip:vivekg@chair-dnrc.example.com SIP/2.0\r\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
