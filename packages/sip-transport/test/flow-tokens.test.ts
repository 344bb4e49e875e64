import { describe, expect, it } from 'vitest';
import type { Hop } from '../src/index.ts';
import {
  failure,
  hopTo,
  mustLeave,
  open,
  options,
  optionsText,
  rawTcp,
  rawUdp,
  until,
} from './loopback.ts';

const LISTEN = ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'];
const KEY = { flowTokenKey: new Uint8Array(32).fill(7) };
const viaOf = (transport: string) => `SIP/2.0/${transport} 127.0.0.1:5099;rport;branch=z9hG4bKraw`;

/** Somebody who is heard over a transport, and where his request came from. */
async function heard(transport: 'udp' | 'tcp', over = {}) {
  const bob = await open(LISTEN, over);
  const raw = transport === 'udp' ? await rawUdp() : await rawTcp(hopTo(bob, 'tcp'));
  const text = optionsText(viaOf(transport.toUpperCase()));
  if ('send' in raw) raw.send(text, hopTo(bob, 'udp'));
  else raw.socket.write(text);
  const { hop } = await bob.inbox.next();
  return { bob, raw, hop, token: bob.layer.flowToken(hop) ?? '' };
}

describe.each(['udp', 'tcp'] as const)('a flow token of %s (RFC 5626 §5.2)', (transport) => {
  it('leads back over the flow that it was made for', async () => {
    const { bob, raw, token } = await heard(transport);
    const hop = bob.layer.hopOf(token);
    expect(hop).toBeDefined();
    if (hop === undefined) return;
    expect(bob.layer.isFlowOpen(hop)).toBe(true);
    bob.layer.send(options(bob, hop, '', 'back'), hop, mustLeave);
    if ('send' in raw) expect(Buffer.from(await raw.inbox.next()).toString()).toContain('back');
    else await raw.text('Call-ID: back');
  });

  it('fits into the user part of a URI', async () => {
    expect((await heard(transport)).token).toMatch(/^[\w-]{20,200}$/);
  });

  it('is worth nothing when a single character is changed', async () => {
    const { bob, token } = await heard(transport);
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const forged = `${token.slice(0, at)}${other}${token.slice(at + 1)}`;
      expect(bob.layer.hopOf(forged), forged).toBe(undefined);
    }
  });

  it('is worth nothing to a layer with another key, and something to one with the same', async () => {
    const [other, same] = [await open(LISTEN), await open(LISTEN, KEY)];
    const { token, hop } = await heard(transport, KEY);
    expect(other.layer.hopOf(token)).toBe(undefined);
    expect(same.layer.hopOf(token)).toMatchObject({ address: hop.address, flow: hop.flow });
    expect(same.layer.isFlowOpen(hop)).toBe(false);
  });
});

describe('flow tokens', () => {
  it.each(['', 'A', 'A'.repeat(22), 'x'.repeat(100_000), 'ä', '../../etc/passwd', '='])(
    'are not read from %j',
    async (text) => {
      expect((await open(LISTEN)).layer.hopOf(text.slice(0, 1000))).toBe(undefined);
    },
  );

  it('tell of a connection that is gone, over which nothing is to be sent', async () => {
    const { bob, raw, token } = await heard('tcp');
    if ('destroy' in raw.socket) raw.socket.destroy();
    await until(() => bob.layer.counts().connections === 0);
    const hop = bob.layer.hopOf(token);
    expect(hop).toBeDefined();
    expect(bob.layer.isFlowOpen(hop ?? hopTo(bob, 'tcp'))).toBe(false);
    expect(bob.layer.flowToken(hop ?? hopTo(bob, 'tcp'))).toBe(undefined);
  });

  it('are made for the flow that a hop would take', async () => {
    const { bob } = await heard('udp');
    const alice = await open(LISTEN);
    const tcp = hopTo(bob, 'tcp');
    expect(alice.layer.flowToken(tcp)).toBe(undefined);
    alice.layer.send(options(alice, tcp), tcp, mustLeave);
    await bob.inbox.next();
    const pinned = alice.layer.hopOf(alice.layer.flowToken(tcp) ?? '');
    expect(pinned).toMatchObject({ ...tcp, flow: expect.stringMatching(/^tcp-/) });
    const udp = hopTo(bob, 'udp');
    expect(alice.layer.hopOf(alice.layer.flowToken(udp) ?? '')?.flow).toMatch(/^udp-/);
  });

  it('need a key that nobody guesses', async () => {
    const flowTokenKey = new Uint8Array(15);
    await expect(open(LISTEN, { flowTokenKey })).rejects.toMatchObject({
      code: 'BAD_FLOW_TOKEN_KEY',
    });
  });

  it('never lead to a transport that is not carried', async () => {
    const { token } = await heard('tcp', KEY);
    const udpOnly = await open(['udp:127.0.0.1:0'], KEY);
    const hop: Hop | undefined = udpOnly.layer.hopOf(token);
    if (hop === undefined) throw new Error('the token is good');
    expect((await failure(udpOnly, options(udpOnly, hop), hop)).code).toBe('TRANSPORT_UNSUPPORTED');
  });
});
