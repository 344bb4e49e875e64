import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsCertificate } from '../src/index.ts';

/** What a certificate says. */
export interface Subject {
  /** The common name; none when absent. */
  name?: string;
  /** Alternative names as OpenSSL writes them: `DNS:a.example,URI:sip:a.example`. */
  alternatives?: string;
  /** Negative for one that has expired. */
  days?: number;
}

/** Who signs certificates for a test. */
export class Authority {
  /** The authority's own certificate, PEM. */
  readonly certificate: string;
  private readonly key: string;

  constructor(name = 'Test Authority') {
    const made = run(['-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE']);
    this.certificate = made.certificate;
    this.key = made.key;
  }

  /** A certificate that leads to this authority. */
  issue({ name, alternatives, days = 1 }: Subject): TlsCertificate & { certificate: string } {
    const subject = ['-subj', name === undefined ? '/O=Test' : `/CN=${name}`];
    const names = alternatives === undefined ? [] : ['-addext', `subjectAltName=${alternatives}`];
    const constraints = ['-addext', 'basicConstraints=CA:FALSE'];
    return run([...subject, ...names, ...constraints], days, this);
  }

  /** Certificate and key, for OpenSSL to sign with. */
  signWith(): { certificate: string; key: string } {
    return { certificate: this.certificate, key: this.key };
  }
}

/** OpenSSL 3 makes key and certificate in one go. */
function run(
  args: string[],
  days = 1,
  authority?: Authority,
): { certificate: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'strowger-certificate-'));
  const at = (file: string): string => join(folder, file);
  try {
    const signer = authority === undefined ? [] : signerArgs(authority, folder);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const made = ['-keyout', at('key.pem'), '-out', at('certificate.pem')];
    const all = ['req', '-x509', ...key, ...made, '-days', String(days), ...signer, ...args];
    execFileSync('openssl', all, { stdio: 'pipe' });
    return {
      certificate: readFileSync(at('certificate.pem'), 'utf8'),
      key: readFileSync(at('key.pem'), 'utf8'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function signerArgs(authority: Authority, folder: string): string[] {
  const { certificate, key } = authority.signWith();
  const [certificateFile, keyFile] = [join(folder, 'ca.pem'), join(folder, 'ca.key')];
  writeFileSync(certificateFile, certificate);
  writeFileSync(keyFile, key);
  return ['-CA', certificateFile, '-CAkey', keyFile];
}
