import { readFileSync } from 'node:fs';
import type { TlsSettings } from '@strowger/sip-transport';
import { ConfigError } from '@strowger/daemon';
import type { Config } from './config-schema.ts';

/** Reads the certificates that the configuration names. Throws `ConfigError` naming the file. */
export function readTls(tls: NonNullable<Config['tls']>): TlsSettings & { certificates: Shown[] } {
  const { cert, key, ca, verifyClient, minVersion } = tls;
  const authorities = ca === undefined ? undefined : [ca].flat().map((file) => read('ca', file));
  return {
    certificates: [{ certificate: read('cert', cert), key: read('key', key) }],
    ...(authorities === undefined ? {} : { authorities }),
    clientCertificates: verifyClient,
    minVersion,
  };
}

/** A certificate of ours and its key. */
interface Shown {
  readonly certificate: string;
  readonly key: string;
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError([`tls.${name}: cannot read "${file}": ${why}`]);
  }
}
