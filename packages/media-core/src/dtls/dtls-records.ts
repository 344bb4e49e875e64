import { concat, TlsReader, uint } from './tls-bytes.ts';

/** Types of records (RFC 5246 §6.2.1). */
export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23 } as const;

export const RECORD_HEADER = 13;
/** DTLS 1.2 (RFC 6347 §4.1): the one's complement of its number. */
export const DTLS_1_2 = 0xfefd;
/** Records of one datagram that are looked at; a flight has some ten. */
const MOST_RECORDS = 32;

/** A record as it stands in a datagram (RFC 6347 §4.1). */
export interface DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  /** 48 bits. */
  readonly sequence: number;
  readonly fragment: Uint8Array;
}

/** Whether a datagram on the port of RTP is DTLS (RFC 7983 §7). */
export function isDtls(datagram: Uint8Array): boolean {
  const first = datagram[0] ?? 0;
  return first >= 20 && first <= 63 && datagram.length > RECORD_HEADER;
}

/** The records of a datagram; what cannot be read is passed over (RFC 6347 §4.1.2.7). */
export function readRecords(datagram: Uint8Array): DtlsRecord[] {
  const reader = new TlsReader(datagram);
  const records: DtlsRecord[] = [];
  while (reader.left >= RECORD_HEADER && records.length < MOST_RECORDS) {
    const type = reader.uint(1);
    const version = reader.uint(2);
    const epoch = reader.uint(2);
    const sequence = reader.uint(6);
    const length = reader.uint(2);
    // a hello may say 1.0 in its records (RFC 6347 §4.1); a record of 1.3 has another header
    const isKnown = type >= CONTENT.changeCipherSpec && type <= CONTENT.data;
    if (!isKnown || version >>> 8 !== 0xfe || length > reader.left) break;
    records.push({ type, epoch, sequence, fragment: reader.take(length) });
  }
  return records;
}

export function writeRecord({ type, epoch, sequence, fragment }: DtlsRecord): Uint8Array {
  return concat(
    uint(1, type),
    uint(2, DTLS_1_2),
    uint(2, epoch),
    uint(6, sequence),
    uint(2, fragment.length),
    fragment,
  );
}
