import type {
  CalleeMedia,
  CredentialStore,
  DigitPolicy,
  ForwardingRules,
  ForwardingSource,
} from '@strowger/call-engine';
import type { Random } from '@strowger/runtime';
import { computeHa1, type DigestAlgorithm, SipUri } from '@strowger/sip-message';
import type { Config } from './config-schema.ts';

const ALGORITHMS: readonly DigestAlgorithm[] = ['MD5', 'SHA-256', 'SHA-512-256'];

/** Who there is where the configuration names nobody. */
const DEFAULT_USERS = ['alice', 'bob'];

/** A password that was made up: to be shown once, and kept nowhere. */
export interface MadeUpPassword {
  readonly user: string;
  readonly password: string;
}

/**
 * Brings the credential store in step with the configuration, which is the truth where it names
 * users. Where it names none, `alice` and `bob` get passwords of 80 random bits at the first start
 * and keep them; only the HA1 of a password is ever stored.
 */
export async function settleUsers(
  config: Config,
  credentials: CredentialStore,
  random: Random,
): Promise<MadeUpPassword[]> {
  const realm = config.domain;
  if (config.users !== undefined) {
    for (const { user, password, digest } of config.users) {
      await credentials.put({
        realm,
        username: user,
        ha1: ha1Of(realm, user, password),
        ...(digest === undefined ? {} : { algorithms: digest }),
      });
    }
    await removeOthers(realm, new Set(config.users.map(({ user }) => user)), credentials);
    return [];
  }
  const madeUp: MadeUpPassword[] = [];
  for (const user of DEFAULT_USERS) {
    if ((await credentials.find(realm, user)) !== undefined) continue;
    const password = random.token(80);
    await credentials.put({ realm, username: user, ha1: ha1Of(realm, user, password) });
    madeUp.push({ user, password });
  }
  return madeUp;
}

/** The address of record of a user, as the engine spells it. */
export function aorOf(user: string, { domain }: Pick<Config, 'domain'>): string {
  return new SipUri({ host: domain, user }).toString();
}

/** How media is offered to the phones of a user. */
export function calleeMediaOf(config: Config): (user: string) => CalleeMedia | undefined {
  const { users = [] } = config;
  const wishes = new Map(users.map(({ user, media }) => [aorOf(user, config), media]));
  return (user) => {
    const { srtp, keying, ice } = wishes.get(user) ?? {};
    return { ...(srtp && { srtp }), ...(keying && { keying }), ...(ice && { ice }) };
  };
}

/** How digits go from phone to phone. */
export function digitsOf(config: Config): DigitPolicy {
  const { digits, users = [] } = config;
  const inband = users.filter((one) => one.digits === 'inband');
  const addresses = new Set(inband.map(({ user }) => aorOf(user, config)));
  return { convert: digits === 'convert', isInband: (user) => addresses.has(user) };
}

/** Where calls to users go that they do not take themselves. */
export function forwardingOf({ users = [] }: Config): ForwardingSource {
  const rules = new Map(users.map(({ user, forward }) => [user, rulesOf(forward)]));
  return (username) => rules.get(username);
}

function rulesOf({ always, busy, noAnswer, noAnswerMs }: Forward = {}): ForwardingRules {
  return {
    ...(always === undefined ? {} : { always }),
    ...(busy === undefined ? {} : { busy }),
    ...(noAnswer === undefined ? {} : { noAnswer }),
    ...(noAnswerMs === undefined ? {} : { noAnswerMs }),
  };
}

type Forward = NonNullable<NonNullable<Config['users']>[number]['forward']>;

function ha1Of(realm: string, username: string, password: string) {
  return Object.fromEntries(
    ALGORITHMS.map((algorithm) => [
      algorithm,
      computeHa1(algorithm, { username, realm, password }),
    ]),
  );
}

async function removeOthers(
  realm: string,
  wanted: ReadonlySet<string>,
  credentials: CredentialStore,
): Promise<void> {
  const page = 1000;
  let after: string | undefined;
  for (;;) {
    const entries = await credentials.list(realm, {
      limit: page,
      ...(after === undefined ? {} : { after }),
    });
    for (const { username } of entries) {
      if (!wanted.has(username)) await credentials.remove(realm, username);
    }
    if (entries.length < page) return;
    after = entries.at(-1)?.username;
  }
}
