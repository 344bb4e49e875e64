import { isIP } from 'node:net';
import { checkServerIdentity, connect, type PeerCertificate, type SecureVersion } from 'node:tls';
import type { Hop } from '@strowger/sip-transport';
import { bad, doubtful, type Finding, good } from './finding.ts';

const VERSIONS: readonly SecureVersion[] = ['TLSv1.3', 'TLSv1.2'];
const PATIENCE_MS = 5000;
const DAY_MS = 86_400_000;
/** From when on an end of validity is worth a word. */
const SOON_DAYS = 14;

/** What is asked of the server's TLS. */
export interface TlsQuestions {
  readonly hop: Hop;
  /** Whom the certificate has to be for. */
  readonly name: string;
  readonly authorities: readonly string[] | undefined;
  /** Wall time. */
  readonly nowMs: number;
}

interface Handshake {
  readonly version: SecureVersion;
  readonly certificate?: PeerCertificate;
  /** Why it is not believed. */
  readonly doubt?: string;
  readonly error?: string;
}

/** Versions, name, validity and authority of the server's certificate. */
export async function checkTls({ hop, name, authorities, nowMs }: TlsQuestions): Promise<Finding> {
  const tried = await Promise.all(
    VERSIONS.map((version) => shakeHands(version, { hop, name, authorities })),
  );
  const done = tried.find(({ certificate }) => certificate !== undefined);
  if (done?.certificate === undefined) {
    const why = tried[0]?.error ?? 'no handshake';
    const found = `no TLS with ${hop.address} port ${hop.port}: ${why}`;
    return bad('tls', found, 'ask for the right port and transport; TLS has to be 1.2 or 1.3');
  }
  const { certificate, doubt } = done;
  const versions = tried
    .filter(({ certificate: one }) => one !== undefined)
    .map((one) => one.version);
  const days = Math.floor((Date.parse(certificate.valid_to) - nowMs) / DAY_MS);
  const subject = [certificate.subject.CN ?? []].flat()[0] ?? '(no name)';
  const shown = `${versions.join(', ')}; certificate of ${subject}, valid to ${certificate.valid_to}`;
  if (days < 0) {
    const remedy = 'have the server given a new certificate (or set the clock of this machine)';
    return bad('tls', `${shown}: expired`, remedy);
  }
  if (Date.parse(certificate.valid_from) > nowMs) {
    return bad('tls', `${shown}: not valid yet`, 'set the clock of this machine');
  }
  const identity = checkServerIdentity(name, certificate);
  if (identity !== undefined) {
    const names = certificate.subjectaltname ?? 'no other names';
    const remedy = `the certificate has to be for ${name}; it is for ${names}`;
    return bad('tls', `${shown}: not for ${name}`, remedy);
  }
  if (doubt !== undefined) {
    const remedy = 'give the authority of the server with --ca, or have its whole chain sent';
    return bad('tls', `${shown}: not believed (${doubt})`, remedy);
  }
  if (days > SOON_DAYS) return good('tls', shown);
  return doubtful('tls', `${shown}: ${days} days left`, 'have the certificate renewed in time');
}

function shakeHands(
  version: SecureVersion,
  { hop, name, authorities }: Pick<TlsQuestions, 'hop' | 'name' | 'authorities'>,
): Promise<Handshake> {
  return new Promise((resolve) => {
    const socket = connect({
      host: hop.address,
      port: hop.port,
      minVersion: version,
      maxVersion: version,
      // it is looked at here whether it can be believed
      rejectUnauthorized: false,
      ...(isIP(name) === 0 && { servername: name }),
      ...(authorities !== undefined && { ca: [...authorities] }),
    });
    const end = (told: Omit<Handshake, 'version'>): void => {
      socket.destroy();
      resolve({ version, ...told });
    };
    socket.setTimeout(PATIENCE_MS, () => end({ error: `nothing within ${PATIENCE_MS} ms` }));
    socket.on('error', ({ message }) => end({ error: message }));
    socket.on('secureConnect', () => {
      const certificate = socket.getPeerCertificate();
      const doubt = socket.authorizationError;
      const isNameOnly = String(doubt).includes('ALTNAME');
      end({ certificate, ...(!socket.authorized && !isNameOnly && { doubt: String(doubt) }) });
    });
  });
}
