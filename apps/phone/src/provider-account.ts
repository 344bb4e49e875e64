import { StrowgerError } from '@strowger/runtime';
import {
  accountOf,
  type Provider,
  type ProviderName,
  providers,
  type SipClientOptions,
} from '@strowger/sip-client';
import type { CommonOptions } from './command-line.ts';

/** The names that `--provider` takes. */
// the keys are those of a constant
export const PROVIDER_NAMES = Object.keys(providers) as ProviderName[];

/** What is known of the provider of `--provider`. */
export function providerOf({ provider }: Pick<CommonOptions, 'provider'>): Provider | undefined {
  return provider === undefined ? undefined : providers[provider];
}

/** Whether there is a registrar, as far as is known. */
export function hasRegistrar(options: Pick<CommonOptions, 'provider'>): boolean {
  return providerOf(options)?.registration !== 'none';
}

/**
 * The client of an account at a provider: `--user alice`, or `alice@domain` where each customer has a
 * domain. Throws `BAD_ACCOUNT` for what the provider does not have.
 */
export function providerAccount(
  provider: ProviderName,
  { user = '', password = '', transport }: CommonOptions,
): SipClientOptions {
  const [, name = '', domain] = /^(?:sips?:)?([^@]*)(?:@(.+))?$/i.exec(user) ?? [];
  if (name === '') {
    throw new StrowgerError('BAD_ACCOUNT', '--user: a provider knows its customers by it', {
      recovery: { kind: 'fixConfiguration', key: 'user' },
    });
  }
  return accountOf(provider, {
    user: name,
    password,
    transport,
    ...(domain !== undefined && { domain }),
  });
}
