import { parseMessage, type SipMessage } from '@strowger/sip-message';

/** Bounds that nothing exceeds which we sent ourselves. */
const OWN = { messageBytes: 2 ** 24, headerBytes: 2 ** 24, headers: 2 ** 16, vias: 2 ** 16 };

/** A message of ours that was kept as its bytes. */
export function readOwn(bytes: Uint8Array): SipMessage | undefined {
  const parsed = parseMessage(bytes, { limits: OWN });
  return parsed.ok ? parsed.value : undefined;
}
