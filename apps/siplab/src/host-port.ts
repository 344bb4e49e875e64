/** An address as it stands in a URI: that of IPv6 in brackets (RFC 3261 §25.1). */
export const hostOf = (address: string): string =>
  address.includes(':') ? `[${address}]` : address;

/** `192.0.2.1:5060`, `[2001:db8::1]:5060`. */
export const hostPort = (address: string, port: number): string => `${hostOf(address)}:${port}`;
