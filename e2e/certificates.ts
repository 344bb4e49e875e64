import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './lab.ts';

/** Files of a certificate. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A throw-away authority and what it signs, as files in a folder. */
export class TestAuthority {
  /** The authority's own certificate. */
  readonly cert: string;
  private readonly folder: string;
  private readonly key: string;

  constructor(folder: string) {
    this.folder = folder;
    this.cert = join(folder, 'ca.pem');
    this.key = join(folder, 'ca.key');
    this.make({ cert: this.cert, key: this.key }, [
      '-subj',
      '/CN=Test Authority',
      '-addext',
      'basicConstraints=critical,CA:TRUE',
    ]);
  }

  /** A certificate for this machine's loopback addresses, by default as `server.pem`, for so long. */
  issue(name = 'server', days = 2): CertificateFiles {
    const files = { cert: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) };
    // the last for linphone, whose TLS library knows no names that are addresses
    const names = 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:127.0.0.1';
    const signer = ['-CA', this.cert, '-CAkey', this.key, '-addext', 'basicConstraints=CA:FALSE'];
    this.make(files, ['-subj', '/CN=127.0.0.1', '-addext', names, ...signer], days);
    return files;
  }

  /** The same, whose time was over a day ago. */
  expired(): CertificateFiles {
    const files = this.issue('expired');
    const request = join(this.folder, 'expired.csr');
    const whole = ['req', '-new', '-key', files.key, '-subj', '/CN=127.0.0.1', '-out', request];
    const signed = ['x509', '-req', '-in', request, '-CA', this.cert, '-CAkey', this.key];
    // `-days` counts from now: a certificate that ends before it begins is over, too
    const dated = ['-days', '-1', '-out', files.cert];
    for (const args of [whole, [...signed, ...dated]]) {
      const { status, output } = runToEnd(['openssl', ...args]);
      if (status !== 0) throw new Error(output);
    }
    return files;
  }

  private make({ cert, key }: CertificateFiles, args: string[], days = 2): void {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const kind = [...curve, '-nodes', '-days', String(days)];
    const made = ['-keyout', key, '-out', cert];
    const { status, output } = runToEnd(['openssl', 'req', '-x509', ...kind, ...made, ...args]);
    if (status !== 0) throw new Error(output);
  }
}

/** What Chromium's `--ignore-certificate-errors-spki-list` wants. */
export function keyFingerprint({ cert }: CertificateFiles): string {
  const { publicKey } = new X509Certificate(readFileSync(cert));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64');
}
