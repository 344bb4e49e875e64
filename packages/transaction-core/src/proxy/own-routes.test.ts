import { seededRandom, silentLogger, VirtualClock } from '@strowger/runtime';
import { NameAddr, SipRequest, SipUri, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import type { Hop, Inbound } from '../message-sender.ts';
import { OwnRoutes } from './own-routes.ts';
import type { ProxySender } from './proxy-options.ts';
import { preprocess } from './route-preprocessing.ts';

const phone: Hop = { transport: 'wss', address: '198.51.100.7', port: 40_000, flow: 'c1' };
const trunk: Hop = { transport: 'udp', address: '203.0.113.5', port: 5060 };
const local = { address: '192.0.2.1', port: 5060 };

/** A transport with one WebSocket client, whose flow may be gone. */
function sender(isOpen = true): ProxySender {
  return {
    locate: () => [],
    send() {},
    sentBy: ({ transport }) => ({ host: '192.0.2.1', port: transport === 'udp' ? 5060 : 443 }),
    flowToken: ({ flow }) => (flow === undefined ? undefined : `token-${flow}`),
    hopOf: (token) => (token === 'token-c1' ? phone : undefined),
    isFlowOpen: () => isOpen,
  };
}

function routes(isOpen?: boolean, key = new Uint8Array(16)): OwnRoutes {
  const runtime = { clock: new VirtualClock(), random: seededRandom(1), logger: silentLogger };
  const options = { runtime, sender: sender(isOpen), names: ['Proxy.Example'], routeKey: key };
  return new OwnRoutes({ ...options, route: () => ({ kind: 'forward', targets: [] }) });
}

function along(uris: readonly SipUri[], from: Hop): Inbound & { message: SipRequest } {
  const message = new SipRequest({
    method: 'BYE',
    uri: uri('sip:alice@x.invalid;transport=ws'),
    headers: [
      ['Route', uris.map((one) => new NameAddr({ uri: one }))],
      ['Call-ID', 'c'],
    ],
  });
  return { message, hop: from, local };
}

const options = { isSecure: false, isFlow: false };

describe('the routes of a proxy between a browser and a trunk', () => {
  it('are two, the one towards the browser with the token of its flow (RFC 5658, RFC 5626)', () => {
    const recorded = routes().recorded('c', phone, trunk, options).map(String);
    expect(recorded.map((one) => one.replace(/rp=[^;]+/, 'rp=…'))).toEqual([
      'sip:192.0.2.1:5060;lr;rp=…;r2=on',
      'sip:token-c1@192.0.2.1:443;transport=wss;lr;rp=…;r2=on',
    ]);
  });

  it('lead from the trunk onto the flow of the browser, and both are taken away', () => {
    const own = routes();
    const inbound = along(own.recorded('c', phone, trunk, options), trunk);
    const way = preprocess(inbound.message, inbound, own);
    expect(way).toMatchObject({ isRouted: true, flow: phone });
    expect(way.request.headers.has('Route')).toBe(false);
    expect(inbound.message.headers.has('Route')).toBe(true);
  });

  it('lead from the browser onto no flow: the token is that of its own (RFC 5626 §5.3.1)', () => {
    const own = routes();
    const inbound = along(own.recorded('c', phone, trunk, options).toReversed(), phone);
    expect(preprocess(inbound.message, inbound, own)).toMatchObject({
      isRouted: true,
      flow: undefined,
    });
  });

  it('say so when the flow is gone', () => {
    const own = routes(false);
    const inbound = along(own.recorded('c', phone, trunk, options), trunk);
    expect(preprocess(inbound.message, inbound, own).flow).toBe('gone');
  });

  it('prove themselves in their own call alone, and to proxies of the same key', () => {
    const [first] = routes().recorded('c', trunk, trunk, options);
    if (first === undefined) throw new Error('nothing was recorded');
    const others = routes(true, new Uint8Array(16).fill(1));
    expect(routes().isProven(first, 'c')).toBe(true);
    expect(routes().isProven(first, 'd')).toBe(false);
    expect(others.isProven(first, 'c')).toBe(false);
    expect(routes().isProven(uri('tel:+1234'), 'c')).toBe(false);
  });

  it('are sips where the request is', () => {
    const tls: Hop = { ...trunk, transport: 'tls' };
    const secure = { isSecure: true, isFlow: false };
    const [only] = routes().recorded('c', tls, tls, secure);
    expect(String(only)).toMatch(/^sips:192\.0\.2\.1:443;transport=tcp;lr;rp=/);
  });

  it.each([
    ['sip:proxy.example;lr', true],
    ['sip:192.0.2.1;lr', true],
    ['sip:192.0.2.1:5061;lr', false],
    ['sip:other.example;lr', false],
    ['tel:+1234', false],
  ])('%s means us: %s', (text, isOurs) => {
    expect(routes().isOurs(uri(text), { ...along([], trunk) })).toBe(isOurs);
  });
});
