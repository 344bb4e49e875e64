import { NameAddr, uri } from '@strowger/sip-message';
import type { Phone } from './phone.ts';
import { proxy, type ProxyPlan } from './proxy.ts';
import type { Stage } from './stage.ts';

/** Bob's address of record. */
export const BOB = 'sip:bob@biloxi.example.com';

/** Alice, her proxy, bob's proxy, and bob: the figure of RFC 3665 §3.2. */
export interface Trapezoid {
  readonly alice: Phone;
  readonly bob: Phone;
  /** How alice reaches her proxy: a preloaded Route. */
  readonly route: readonly NameAddr[];
}

/** Sets the trapezoid; both proxies stay in the path. */
export function trapezoid(
  on: Stage,
  { first = {}, second = {} }: { first?: ProxyPlan; second?: ProxyPlan } = {},
): Trapezoid {
  proxy(on, 'proxy1', { names: ['atlanta.example.com'], ...first });
  proxy(on, 'proxy2', {
    names: ['biloxi.example.com'],
    to: { [BOB]: ['sip:bob@bob'] },
    ...second,
  });
  const alice = on.phone('alice', {
    address: 'sip:alice@atlanta.example.com',
    credentials: (realm) => ({ username: 'alice', password: 'pw-alice', realm }),
  });
  const bob = on.phone('bob', { address: BOB });
  return { alice, bob, route: through('atlanta.example.com') };
}

/** Routes through these hosts, loosely (RFC 3261 §16.12). */
export function through(...hosts: readonly string[]): NameAddr[] {
  return hosts.map((host) => new NameAddr({ uri: uri(`sip:${host};lr`) }));
}
