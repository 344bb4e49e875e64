import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { DTLS_1_2, type DtlsRecord } from './dtls-records.ts';
import { concat, uint } from './tls-bytes.ts';

/** What one direction is enciphered with. */
export interface RecordKeys {
  readonly key: Uint8Array;
  /** The first four bytes of every nonce. */
  readonly iv: Uint8Array;
}

const TAG = 16;
const EXPLICIT_NONCE = 8;

/** AES-GCM for the records of one direction (RFC 5288 §3, RFC 6347 §4.1.2.1). */
export class RecordCipher {
  private readonly key: KeyObject;
  private readonly iv: Uint8Array;
  private readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm';

  constructor({ key, iv }: RecordKeys) {
    this.key = createSecretKey(key);
    this.iv = iv;
    this.algorithm = key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
  }

  /** The fragment of a record as it leaves. Its nonce is the record's number: never the same twice. */
  seal(record: DtlsRecord): Uint8Array {
    const explicit = numberOf(record);
    const cipher = createCipheriv(this.algorithm, this.key, concat(this.iv, explicit));
    cipher.setAAD(additionalData(record, record.fragment.length));
    const body = cipher.update(record.fragment);
    cipher.final();
    return concat(explicit, body, cipher.getAuthTag());
  }

  /** The fragment in the clear; `undefined` where it is not authentic. */
  open(record: DtlsRecord): Uint8Array | undefined {
    const { fragment } = record;
    const length = fragment.length - EXPLICIT_NONCE - TAG;
    if (length < 0) return undefined;
    const explicit = fragment.subarray(0, EXPLICIT_NONCE);
    const decipher = createDecipheriv(this.algorithm, this.key, concat(this.iv, explicit));
    decipher.setAAD(additionalData(record, length));
    decipher.setAuthTag(fragment.subarray(fragment.length - TAG));
    const clear = decipher.update(fragment.subarray(EXPLICIT_NONCE, EXPLICIT_NONCE + length));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return clear;
  }
}

function numberOf({ epoch, sequence }: DtlsRecord): Uint8Array {
  return concat(uint(2, epoch), uint(6, sequence));
}

function additionalData(record: DtlsRecord, length: number): Uint8Array {
  return concat(numberOf(record), uint(1, record.type), uint(2, DTLS_1_2), uint(2, length));
}
