import { StrowgerError } from '@strowger/runtime';

/** Descriptions of fatal alerts that we send (RFC 5246 §7.2). */
export const ALERTS = {
  close_notify: 0,
  unexpected_message: 10,
  handshake_failure: 40,
  bad_certificate: 42,
  illegal_parameter: 47,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
} as const;

/** Its name in the RFC. */
export type Alert = keyof typeof ALERTS;

/** What a peer has done wrong in a handshake: it ends the handshake, and never leaves its connection. */
export class DtlsFault extends StrowgerError {
  readonly alert: Alert;

  constructor(alert: Alert, message: string) {
    super('DTLS_FAILED', message);
    this.alert = alert;
  }
}
