/** The methods of RFC 3261 and its extensions in the IANA registry. */
const METHODS: ReadonlySet<string> = new Set([
  'ACK',
  'BYE',
  'CANCEL',
  'INFO',
  'INVITE',
  'MESSAGE',
  'NOTIFY',
  'OPTIONS',
  'PRACK',
  'PUBLISH',
  'REFER',
  'REGISTER',
  'SUBSCRIBE',
  'UPDATE',
]);

/** Whether the method is registered; methods are compared with their case (RFC 3261 §7.1). */
export function isKnownMethod(method: string): boolean {
  return METHODS.has(method);
}
