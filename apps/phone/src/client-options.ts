import { readFileSync } from 'node:fs';
import type { SipClientOptions } from '@strowger/sip-client';
import type { Request } from './command-line.ts';
import { providerAccount } from './provider-account.ts';

/**
 * The client that a command needs. Throws the system's error where `--ca` cannot be read, and
 * `BAD_ACCOUNT` where `--provider` has no such account.
 */
export function clientOptions(request: Request): SipClientOptions {
  const { server, transport, listen, ca, wsPath, provider } = request.options;
  const account =
    provider === undefined ? ownAccount(request) : providerAccount(provider, request.options);
  const srtp = 'srtp' in request.options ? request.options.srtp : undefined;
  return {
    ...account,
    transport,
    userAgent: 'strowger-phone',
    ...(server === undefined ? {} : { server: withScheme(server) }),
    ...(ca === undefined ? {} : { tls: { authorities: [readFileSync(ca, 'utf8')] } }),
    ...(wsPath === undefined ? {} : { webSocket: { path: wsPath } }),
    ...(srtp !== undefined && { media: { ...account.media, srtp } }),
    ...(listen === undefined ? {} : { listen: [`${transport}:${listen}`] }),
  };
}

/** The account that was named, or none. */
function ownAccount(request: Request): SipClientOptions {
  const { user, password } = request.options;
  return {
    uri: user === undefined ? `sip:phone@${placeOf(request)}` : withScheme(user),
    ...(password === undefined ? {} : { password }),
  };
}

/** Where somebody without an account is at home: at what it talks to, or listens on. */
function placeOf(request: Request): string {
  const { server, listen } = request.options;
  const target = 'target' in request ? request.target : undefined;
  const own = listen === undefined || /^(0\.0\.0\.0|\[::\])/.test(listen) ? undefined : listen;
  return hostIn(server) ?? hostIn(own) ?? hostIn(target, '@') ?? '127.0.0.1';
}

/** The host, with brackets where it has them, of a URI or of `host:port`. */
function hostIn(text: string | undefined, mark = ''): string | undefined {
  if (text === undefined || !text.includes(mark)) return undefined;
  const match = /^(?:sips?:)?(?:[^@]*@)?(\[[^\]]*\]|[^:;?]+)/i.exec(text);
  return match?.[1];
}

function withScheme(address: string): string {
  return /^sips?:/i.test(address) ? address : `sip:${address}`;
}
