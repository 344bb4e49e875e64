import { Headers, NameAddr, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { addressRequest, parseRoutes, routeSetFrom } from './route-set.ts';

const target = uri('sip:bob@192.0.2.4:5070');
const routes = (...texts: string[]) => parseRoutes(texts);

describe('routeSetFrom', () => {
  const headers = new Headers([
    ['Record-Route', '<sip:p2.example;lr>, "A, B" <sip:p1.example;lr>;x=1'],
    ['Record-Route', '<sip:p0.example;lr>'],
  ]);

  it('keeps the order for the callee and reverses it for the caller (RFC 3261 §12.1.1, §12.1.2)', () => {
    const inOrder = [
      '<sip:p2.example;lr>',
      '"A, B" <sip:p1.example;lr>;x=1',
      '<sip:p0.example;lr>',
    ];
    expect(routeSetFrom(headers, 'uas')).toEqual(inOrder);
    expect(routeSetFrom(headers, 'uac')).toEqual(inOrder.toReversed());
  });

  it('is empty without Record-Route', () => {
    expect(routeSetFrom(new Headers(), 'uac')).toEqual([]);
  });
});

describe('addressRequest (RFC 3261 §12.2.1.1)', () => {
  it('goes to the remote target without a route set', () => {
    expect(addressRequest([], target)).toEqual({ requestUri: target, route: [], nextHop: target });
  });

  it('leaves the target in the request URI before a loose router', () => {
    const { requestUri, route, nextHop } = addressRequest(
      routes('<sip:p1.example;lr>', '<sip:p2.example;lr>'),
      target,
    );
    expect(requestUri).toBe(target);
    expect(route).toEqual(['<sip:p1.example;lr>', '<sip:p2.example;lr>']);
    expect(String(nextHop)).toBe('sip:p1.example;lr');
  });

  it('puts a strict router into the request URI, without what does not belong there', () => {
    const { requestUri, route, nextHop } = addressRequest(
      routes('<sip:p1.example;method=INVITE;x=1?Subject=a>', '<sip:p2.example;lr>'),
      target,
    );
    expect(String(requestUri)).toBe('sip:p1.example;x=1');
    expect(route).toEqual(['<sip:p2.example;lr>', '<sip:bob@192.0.2.4:5070>']);
    expect(nextHop).toBe(requestUri);
  });

  it('takes the whole tel URI as the target', () => {
    const tel = uri('tel:+4930123456');
    const strict = addressRequest([new NameAddr({ uri: uri('sip:gw.example') })], tel);
    expect(strict.route).toEqual(['<tel:+4930123456>']);
  });
});
