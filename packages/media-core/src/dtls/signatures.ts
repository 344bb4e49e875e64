import { constants, type KeyObject, sign, verify } from 'node:crypto';
import { DtlsFault } from './dtls-fault.ts';
import { SIGNATURE_SCHEMES } from './dtls-suites.ts';
import { concat, TlsReader, uint, vector } from './tls-bytes.ts';

/** What we sign with: our certificate's key is on P-256. */
export const [OUR_SCHEME] = SIGNATURE_SCHEMES;

/** Something signed by us (RFC 5246 §4.7). */
export function signed(content: Uint8Array, key: KeyObject): Uint8Array {
  return concat(uint(2, OUR_SCHEME.id), vector(2, sign(OUR_SCHEME.hash, content, key)));
}

/** Faults where what `reader` holds next is no signature of `content` by `key`. */
export function checkSigned(reader: TlsReader, content: Uint8Array, key: KeyObject): void {
  const id = reader.uint(2);
  const signature = reader.vector(2);
  reader.end();
  const scheme = SIGNATURE_SCHEMES.find((one) => one.id === id);
  if (scheme === undefined || scheme.signs !== key.asymmetricKeyType) {
    throw new DtlsFault('illegal_parameter', `The signature ${id.toString(16)} does not fit`);
  }
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  const how = scheme.isPss ? { key, padding, saltLength } : { key };
  if (!isGenuine(() => verify(scheme.hash, content, how, signature))) {
    throw new DtlsFault('decrypt_error', 'A signature is wrong');
  }
}

/** Bytes that are no signature at all make OpenSSL throw. */
function isGenuine(ask: () => boolean): boolean {
  try {
    return ask();
  } catch {
    return false;
  }
}
