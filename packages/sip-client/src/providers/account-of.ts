import { StrowgerError } from '@strowger/runtime';
import { SipUri } from '@strowger/sip-message';
import type { TransportName } from '@strowger/transaction-core';
import { readAccount } from '../account.ts';
import type { SipClientOptions } from '../sip-client-options.ts';
import type { Provider, ProviderWay } from './provider.ts';
import { type ProviderName, providers } from './providers.ts';

/** What the provider has told its customer. */
export interface ProviderLogin {
  readonly user: string;
  readonly password: string;
  /** The name in the digest where it is not `user`. */
  readonly username?: string;
  readonly displayName?: string;
  /** Where the provider has no domain that all customers share: ours there, or the PBX's. */
  readonly domain?: string;
  /** One of the provider's; its first by default. */
  readonly transport?: TransportName;
}

/** Encodings that the media engine has. */
const OURS = ['pcmu', 'pcma', 'g722', 'opus'];

/**
 * The options of a client for an account at a provider: by its name in `providers`, or by a row of
 * your own. Only where the row says `registration: 'register'` is there something to register at.
 * Throws `BAD_ACCOUNT` for a domain that is missing or not the provider's, and for a transport that
 * it does not have.
 */
export function accountOf(
  provider: ProviderName | Provider,
  { user, password, username, displayName, ...login }: ProviderLogin,
): SipClientOptions {
  const row: Provider = typeof provider === 'string' ? providers[provider] : provider;
  const domain = domainOf(row, login.domain);
  const way = wayOf(row, login.transport);
  const { host = domain, port, transport, srtp } = way;
  const codecs = row.codecs?.filter((codec) => OURS.includes(codec));
  const media = { ...(srtp !== undefined && { srtp }), ...(codecs !== undefined && { codecs }) };
  const { digits } = row;
  const heard = digits?.flatMap((one) => (one === 'info' ? [] : [one]));
  const options: SipClientOptions = {
    uri: new SipUri({ user, host: domain }).toString(),
    password,
    server: new SipUri({ host, port, params: [['transport', transport]] }).toString(),
    ...(username !== undefined && { username }),
    ...(displayName !== undefined && { displayName }),
    ...(row.expiresSeconds !== undefined && { expiresSeconds: row.expiresSeconds }),
    media: { ...media, ...(heard !== undefined && { digits: heard }) },
  };
  readAccount(options);
  return options;
}

function domainOf({ name, domain, domainSuffix }: Provider, given: string | undefined): string {
  const chosen = given ?? domain;
  if (chosen === undefined) throw bad('domain', `${name} has a domain for each customer`);
  if (domainSuffix !== undefined && !chosen.toLowerCase().endsWith(domainSuffix)) {
    throw bad('domain', `${chosen} is not of ${name}: it ends with ${domainSuffix}`);
  }
  return chosen;
}

function wayOf({ name, ways }: Provider, transport: TransportName | undefined): ProviderWay {
  if (transport === undefined) return ways[0];
  const way = ways.find((one) => one.transport === transport);
  if (way !== undefined) return way;
  const known = ways.map((one) => one.transport).join(', ');
  throw bad('transport', `${name} is not known to have ${transport}, but ${known}`);
}

function bad(key: string, why: string): StrowgerError {
  return new StrowgerError('BAD_ACCOUNT', `${key}: ${why}`, {
    recovery: { kind: 'fixConfiguration', key },
  });
}
