import { createResponse, type SipRequest } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { nodeRuntime } from '@strowger/runtime';
import { TransportLayer } from '../src/index.ts';
import { hopTo, mustLeave, open, optionsText, rawUdp } from './loopback.ts';

const udp = (address: string) => ({ transport: 'udp', address, port: 5060 }) as const;

describe('peers in a local network', () => {
  const advertised = { host: '198.51.100.7', port: 5070 };
  const localNetworks = ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'];

  it('are told the bound address, and all others the advertised one', async () => {
    const { layer } = await open(['udp:127.0.0.1:0'], { advertised, localNetworks });
    const bound = { host: '127.0.0.1', port: layer.listening[0]?.port };
    for (const near of ['10.1.2.3', '192.0.2.7', '127.0.0.1']) {
      expect(layer.sentBy(udp(near)), near).toEqual(bound);
    }
    for (const far of ['11.0.0.1', '192.0.2.8', '203.0.113.1']) {
      expect(layer.sentBy(udp(far)), far).toEqual(advertised);
    }
  });

  it('are known by their IPv6 addresses, too', async () => {
    const six = { host: 'pbx.example' };
    const point = { transport: 'udp', address: '::1', port: 0, advertised: six } as const;
    const { layer } = await open([point], { localNetworks });
    expect(layer.sentBy(udp('fd12::1')).host).toBe('::1');
    expect(layer.sentBy(udp('2001:db8::1')).host).toBe('pbx.example');
  });

  it('are told the same as all where no network is named', async () => {
    const { layer } = await open(['udp:127.0.0.1:0'], { advertised });
    expect(layer.sentBy(udp('127.0.0.1'))).toEqual(advertised);
  });

  it('answer to both names of ours', async () => {
    const bob = await open(['udp:127.0.0.1:0'], { advertised, localNetworks });
    const { layer, inbox } = bob;
    const raw = await rawUdp();
    const answer = (host: string): string =>
      optionsText(`SIP/2.0/UDP ${host};branch=z9hG4bKx`, '', host).replace(
        /^OPTIONS .*/,
        'SIP/2.0 200 OK',
      );
    layer.sentBy(udp('203.0.113.1'));
    raw.send(answer('198.51.100.7:5070'), hopTo(bob, 'udp'));
    await inbox.count(1);
    raw.send(answer(`127.0.0.1:${layer.listening[0]?.port}`), hopTo(bob, 'udp'));
    await inbox.count(2);
  });

  it.each(['10.0.0.0/33', 'fd00::/129', 'lan', '10.0.0.0/', '10.0.0', ''])(
    'cannot be in %j, which is no network',
    (network) => {
      const make = () =>
        new TransportLayer({
          runtime: nodeRuntime(),
          listen: ['udp:127.0.0.1:0'],
          localNetworks: [network],
          onMessage: () => {},
        });
      expect(make).toThrow(expect.objectContaining({ code: 'BAD_NETWORK' }));
    },
  );
});

describe('phones behind a NAT that do not ask for rport', () => {
  const VIA = 'SIP/2.0/UDP 10.0.0.9:5099;branch=z9hG4bKraw';

  it('are answered where they sent from, where that is configured', async () => {
    const bob = await open(['udp:127.0.0.1:0'], { forceRport: true });
    const raw = await rawUdp();
    raw.send(optionsText(VIA), hopTo(bob, 'udp'));
    const { message, hop } = await bob.inbox.next();
    expect(message.via).toMatchObject({ received: '127.0.0.1', rport: raw.port });
    expect(hop.port).toBe(raw.port);
    // a request by its kind: it came as one
    bob.layer.send(createResponse(message as SipRequest, 200), hop, mustLeave);
    expect(Buffer.from(await raw.inbox.next()).toString()).toMatch(/^SIP\/2\.0 200 /);
  });

  it('are answered there also when what they sent is refused', async () => {
    const bob = await open(['udp:127.0.0.1:0'], { forceRport: true });
    const raw = await rawUdp();
    raw.send(optionsText(VIA).replace('SIP/2.0\r\n', 'SIP/7.0\r\n'), hopTo(bob, 'udp'));
    expect(Buffer.from(await raw.inbox.next()).toString()).toMatch(/^SIP\/2\.0 505 /);
  });

  it('are answered at the port of their Via otherwise (RFC 3261 §18.2.2)', async () => {
    const bob = await open(['udp:127.0.0.1:0']);
    const raw = await rawUdp();
    raw.send(optionsText(VIA), hopTo(bob, 'udp'));
    const { message, hop } = await bob.inbox.next();
    expect(hop.port).toBe(5099);
    expect(message.via.rport).toBe(undefined);
  });
});
