export { DtlsConnection, type DtlsConnectionOptions } from './dtls-connection.ts';
export { createDtlsIdentity, type DtlsIdentity, fingerprintOf } from './dtls-identity.ts';
export { isDtls } from './dtls-records.ts';
