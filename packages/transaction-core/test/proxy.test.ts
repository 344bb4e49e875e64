import { createResponse, type SipRequest, type SipResponse, uri } from '@strowger/sip-message';
import { rowsOf } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { type ProxyRoute, responseContext } from '../src/index.ts';
import {
  answering,
  answerOf,
  drivenContexts,
  onwards,
  type Proxied,
  proxiedElements,
  routeHeaders,
  towards,
} from './proxied-elements.ts';
import { answer, requestOf } from './two-elements.ts';

/** Sends an INVITE through the proxy, and gives what answers come to it. */
function finalsOf({ layer }: Pick<Proxied['alice'], 'layer'>): SipResponse[] {
  const heard: SipResponse[] = [];
  layer.request(requestOf('INVITE', 'bob@p'), {
    onResponse: (response) => void (response.status >= 200 && heard.push(response)),
    onTimeout() {},
    onTransportError() {},
  });
  return heard;
}

/** What a next hop makes of an answer that has lost the Vias below the topmost one. */
function withTopViaAlone(response: SipResponse): SipResponse {
  const [first = ''] = response.headers.raw('via');
  response.headers.set('Via', first);
  return response;
}

const challenge = (realm: string, algorithm = 'MD5'): string =>
  `Digest realm="${realm}", nonce="n", algorithm=${algorithm}`;

describe('a stateful proxy (RFC 3261 §16)', () => {
  it('passes a call on: 100 stays on its hop, the ACK to the failure too', async () => {
    const { simulation, alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', towards('bob'));
    bob.serve = answering('bob', 100, 180, 486);
    alice.send('INVITE', 'bob@p');
    await simulation.run(500);
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> p  INVITE
          10 p --> bob  INVITE
          20 bob --> p  100
          20 bob --> p  180
          20 bob --> p  486
          30 p --> alice  180
          30 p --> bob  ACK
          30 p --> alice  486
          40 alice --> p  ACK"
    `);
    await assertOver();
  });

  it.each([
    ['', [486]],
    [', again when that has been answered', [200, 200]],
  ])(
    'answers who asked though the next hop answers with its own Via alone%s',
    async (_, statuses) => {
      const { alice, bob, proxy, assertOver } = proxiedElements();
      proxy('p', towards('bob'));
      bob.serve = (transaction) => {
        for (const status of statuses) {
          transaction.respond(withTopViaAlone(answerOf(transaction, 'bob', status)));
        }
      };
      const heard = finalsOf(alice);
      await assertOver();
      expect(heard.map(({ status }) => status)).toEqual(statuses);
    },
  );

  it('passes on no answer behind the first that says nothing of who asked', async () => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', towards('bob'));
    bob.serve = (transaction) => {
      transaction.respond(answerOf(transaction, 'bob', 200));
      transaction.respond(withTopViaAlone(answerOf(transaction, 'bob', 200)));
    };
    const heard = finalsOf(alice);
    await assertOver();
    expect(heard.map(({ status }) => status)).toEqual([200]);
  });

  it('gives every copy of a 2xx that has no To tag the same', async () => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', towards('bob'));
    bob.host.receive = ({ message, hop }) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return;
      for (let copy = 0; copy < 2; copy++) {
        bob.host.send(createResponse(message, 200), hop, () => {});
      }
    };
    const heard = finalsOf(alice);
    await assertOver();
    const tags = heard.map(({ toTag }) => toTag);
    expect(tags).toEqual([expect.any(String), tags[0]]);
  });

  it('takes one off Max-Forwards, puts 70 where none is, and changes the Request-URI', async () => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', towards('bob'));
    bob.serve = answering('bob', 200);
    alice.send('OPTIONS', 'bob@p');
    const without = requestOf('MESSAGE', 'bob@p');
    without.headers.remove('Max-Forwards');
    alice.layer.request(without, { onResponse() {}, onTimeout() {}, onTransportError() {} });
    await assertOver();
    const seen = bob.incoming.map(({ request }) => [
      request.method,
      request.headers.get('max-forwards'),
      request.uri.toString(),
      request.headers.get('via')?.length,
    ]);
    expect(seen).toEqual([
      ['OPTIONS', 69, 'sip:bob@bob', 2],
      ['MESSAGE', 70, 'sip:bob@bob', 2],
    ]);
  });

  it.each([
    ['483 where no hop is left', [['Max-Forwards', '0']], '483'],
    ['420 for what it does not know', [['Proxy-Require', 'foo, bar']], '420'],
    ['440 where no breadth is left (RFC 5393)', [['Max-Breadth', '0']], '440'],
  ] as const)('answers %s', async (_, headers, status) => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    const counted = proxy('p', towards('bob'));
    const request = requestOf('OPTIONS', 'bob@p');
    for (const [name, value] of headers) request.headers.set(name, value);
    const heard: SipResponse[] = [];
    alice.layer.request(request, {
      onResponse: (response) => void heard.push(response),
      onTimeout() {},
      onTransportError() {},
    });
    await assertOver();
    expect(heard.map((one) => String(one.status))).toEqual([status]);
    if (status === '420') expect(heard[0]?.headers.get('unsupported')).toEqual(['foo', 'bar']);
    expect(bob.heard).toEqual([]);
    expect(counted.counters.requestsRefused).toBe(1);
  });

  it('answers 416 to a scheme that leads nowhere', async () => {
    const { alice, proxy, assertOver, simulation } = proxiedElements();
    proxy('p', towards('bob'));
    const request = requestOf('OPTIONS', 'p');
    const hop = simulation.network.resolve('p')[0] ?? '';
    request.uri = uri('mailto:bob@example.com');
    const statuses: number[] = [];
    const user = {
      onResponse: ({ status }: SipResponse) => void statuses.push(status),
      onTimeout() {},
      onTransportError() {},
    };
    alice.layer.request(request, user, { hops: [{ transport: 'udp', address: hop, port: 5060 }] });
    await assertOver();
    expect(statuses).toEqual([416]);
  });

  it('answers 480 without a target, and 500 when the application fails', async () => {
    const { alice, proxy, assertOver } = proxiedElements();
    proxy('none', towards());
    proxy('broken', () => Promise.reject(new Error('no database')));
    proxy('throwing', () => {
      throw new Error('a bug');
    });
    for (const name of ['none', 'broken', 'throwing']) alice.send('OPTIONS', `bob@${name}`);
    await assertOver();
    expect(alice.heard.filter((one) => !one.endsWith('over'))).toEqual([
      '20 480',
      '20 500',
      '20 500',
    ]);
  });

  it('refuses as the application says', async () => {
    const { alice, proxy, assertOver } = proxiedElements();
    proxy('p', ({ request }) => ({ kind: 'refuse', response: createResponse(request, 403) }));
    alice.send('OPTIONS', 'bob@p');
    await assertOver();
    expect(alice.heard[0]).toBe('20 403');
  });
});

describe('forking (RFC 3261 §16.6, §16.7)', () => {
  it('rings all of one preference at once; the first 200 cancels the others, with a reason', async () => {
    const { simulation, alice, bob, element, proxy, assertOver } = proxiedElements();
    const carol = element('carol');
    proxy('p', towards('bob', 'carol'));
    const reasons: string[] = [];
    bob.serve = (transaction) => {
      answering('bob', 180)(transaction);
      transaction.user = {
        onCancel: (cancel) => {
          reasons.push(...cancel.headers.raw('Reason'));
          answering('bob', 487)(transaction);
        },
      };
    };
    carol.serve = (transaction) => {
      answering('carol', 180)(transaction);
      simulation.clock.arm(1000, () => answering('carol', 200)(transaction));
    };
    alice.send('INVITE', 'bob@p');
    await assertOver();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> p  INVITE
          10 p --> bob  INVITE
          10 p --> carol  INVITE
          20 bob --> p  180
          20 carol --> p  180
          30 p --> alice  180
          30 p --> alice  180
        1020 carol --> p  200
        1030 p --> bob  CANCEL
        1030 p --> alice  200
        1040 bob --> p  200
        1040 bob --> p  487
        1050 p --> bob  ACK"
    `);
    expect(reasons).toEqual(['SIP;cause=200;text="Call completed elsewhere"']);
  });

  it('passes every 2xx on, when two phones answer at once', async () => {
    const { simulation, alice, bob, element, proxy, assertOver } = proxiedElements();
    const carol = element('carol');
    proxy('p', towards('bob', 'carol'));
    for (const [phone, name] of [
      [bob, 'bob'],
      [carol, 'carol'],
    ] as const) {
      phone.serve = (transaction) => {
        answering(name, 180)(transaction);
        simulation.clock.arm(500, () => answering(name, 200)(transaction));
      };
    }
    const tags: (string | undefined)[] = [];
    alice.send('INVITE', 'bob@p', {
      onResponse: (response) => {
        if (response.status === 200) tags.push(response.toTag);
      },
    });
    await assertOver();
    expect(tags).toEqual(['bob', 'carol']);
  });

  it('tries a lower preference only when all of the higher one have failed', async () => {
    const { simulation, alice, bob, element, proxy, assertOver } = proxiedElements();
    const carol = element('carol');
    proxy('p', towards(['carol', 0.5], ['bob', 1]));
    bob.serve = answering('bob', 486);
    carol.serve = answering('carol', 200);
    alice.send('INVITE', 'bob@p');
    await assertOver();
    expect(simulation.ladder({ between: ['p', 'bob', 'carol'] })).toMatchInlineSnapshot(`
      "    10 p --> bob  INVITE
          20 bob --> p  486
          30 p --> bob  ACK
          30 p --> carol  INVITE
          40 carol --> p  200"
    `);
    expect(alice.heard[0]).toBe('60 200');
  });

  it('a 6xx ends it all, but not before every branch has said its last', async () => {
    const { simulation, alice, bob, element, proxy, assertOver } = proxiedElements();
    const carol = element('carol');
    const dave = element('dave');
    proxy('p', towards('bob', 'carol', ['dave', 0.1]));
    bob.serve = (transaction) => {
      answering('bob', 180)(transaction);
      transaction.user = {
        onCancel: () => void simulation.clock.arm(300, () => answer(487)(transaction)),
      };
    };
    carol.serve = (transaction) =>
      void simulation.clock.arm(100, () => answering('carol', 603)(transaction));
    alice.send('INVITE', 'bob@p');
    await assertOver();
    expect(alice.heard.filter((one) => !one.endsWith('over'))).toEqual(['40 180', '460 603']);
    expect(dave.heard).toEqual([]);
  });

  it('gathers the challenges of all branches in one answer (§16.7 step 7)', async () => {
    const { alice, bob, element, proxy, assertOver } = proxiedElements();
    const carol = element('carol');
    proxy('p', towards('bob', 'carol'));
    bob.serve = (transaction) =>
      transaction.respond(
        createResponse(transaction.request, 401, {
          headers: [
            ['WWW-Authenticate', challenge('bob', 'SHA-256')],
            ['WWW-Authenticate', challenge('bob')],
          ],
        }),
      );
    carol.serve = (transaction) =>
      transaction.respond(
        createResponse(transaction.request, 407, {
          headers: [['Proxy-Authenticate', challenge('carol')]],
        }),
      );
    const realms: (string | undefined)[] = [];
    alice.send('INVITE', 'bob@p', {
      onResponse: ({ headers, status }) => {
        realms.push(
          String(status),
          ...(headers.get('www-authenticate') ?? []).map((one) => one.realm),
          ...(headers.get('proxy-authenticate') ?? []).map((one) => one.realm),
        );
      },
    });
    await assertOver();
    expect(realms).toEqual(['401', 'bob', 'bob', 'carol']);
  });

  it('makes a 500 of a 503, and of a hop that cannot be reached', async () => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', towards('bob'));
    proxy('q', towards('nowhere'));
    bob.serve = answer(503);
    alice.send('INVITE', 'bob@p');
    alice.send('OPTIONS', 'bob@q');
    await assertOver();
    expect(alice.heard.filter((one) => !one.endsWith('over'))).toEqual(['20 500', '40 500']);
  });

  it('answers 408 to an INVITE that nobody answered, and nothing to others (RFC 4320)', async () => {
    const { simulation, alice, proxy, assertOver } = proxiedElements();
    proxy('p', towards('silent'));
    simulation.network.host('silent');
    alice.send('INVITE', 'bob@p');
    alice.send('OPTIONS', 'bob@p');
    await assertOver();
    const outcomes = alice.heard.filter((one) => !/over| 100/.test(one));
    expect(outcomes).toEqual(['32000 timeout', '32020 408']);
  });

  it('shares the breadth among the branches (RFC 5393 §5.3)', async () => {
    const { alice, bob, element, proxy, assertOver } = proxiedElements();
    const carol = element('carol');
    const dave = element('dave');
    proxy('p', towards('bob', 'carol', 'dave'));
    for (const one of [bob, carol, dave]) one.serve = answer(486);
    alice.send('INVITE', 'bob@p', { headers: [['Max-Breadth', '2']] });
    await assertOver();
    const times = [bob, carol, dave].map((one) => one.heard[0]);
    expect(times).toEqual(['20 INVITE', '20 INVITE', '40 INVITE']);
    expect([bob, dave].map((one) => one.incoming[0]?.request.headers.raw('Max-Breadth'))).toEqual([
      ['1'],
      ['2'],
    ]);
  });

  it('follows a redirection, each contact once (§16.7 step 4)', async () => {
    const { simulation, alice, bob, element, proxy, assertOver } = proxiedElements();
    const carol = element('carol');
    const route = towards('bob');
    proxy('p', async (incoming) => ({ ...(await route(incoming)), recurse: true }) as never);
    bob.serve = (transaction) =>
      transaction.respond(
        createResponse(transaction.request, 302, {
          headers: [
            ['Contact', '<sip:carol@carol?Subject=x>;q=0.3'],
            ['Contact', '<sip:bob@bob>;q=0.9'],
          ],
        }),
      );
    carol.serve = answering('carol', 200);
    alice.send('INVITE', 'bob@p');
    await assertOver();
    expect(alice.heard[0]).toBe('60 200');
    expect(carol.incoming[0]?.request.uri.toString()).toBe('sip:carol@carol');
    expect(simulation.ladder({ between: ['p', 'bob'] })).toMatchInlineSnapshot(`
      "    10 p --> bob  INVITE
          20 bob --> p  302
          30 p --> bob  ACK"
    `);
  });

  it('passes a redirection on where it shall not follow', async () => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', towards('bob'));
    bob.serve = answer(302);
    alice.send('INVITE', 'bob@p');
    await assertOver();
    expect(alice.heard[0]).toBe('40 302');
  });
});

describe('CANCEL and timer C (RFC 3261 §16.8, §16.10)', () => {
  it('cancels every branch and passes the reason on; the answer is 487', async () => {
    const { simulation, alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', towards('bob'));
    const reasons: string[] = [];
    bob.serve = (transaction) => {
      answering('bob', 180)(transaction);
      transaction.user = {
        onCancel: (cancel) => {
          reasons.push(...cancel.headers.raw('Reason'));
          answer(487)(transaction);
        },
      };
    };
    const call = alice.send('INVITE', 'bob@p');
    await simulation.run(500);
    call.cancel({ headers: [['Reason', 'Q.850;cause=16']] });
    await assertOver();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> p  INVITE
          10 p --> bob  INVITE
          20 bob --> p  180
          30 p --> alice  180
         500 alice --> p  CANCEL
         510 p --> alice  200
         510 p --> bob  CANCEL
         520 bob --> p  200
         520 bob --> p  487
         530 p --> bob  ACK
         530 p --> alice  487
         540 alice --> p  ACK"
    `);
    expect(reasons).toEqual(['Q.850;cause=16']);
  });

  it('loses against a 200 that is on its way', async () => {
    const { simulation, alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', towards('bob'));
    bob.serve = (transaction) => {
      answering('bob', 180)(transaction);
      simulation.clock.arm(100, () => answering('bob', 200)(transaction));
    };
    const call = alice.send('INVITE', 'bob@p');
    simulation.clock.arm(115, () => call.cancel());
    await assertOver();
    expect(alice.heard.filter((one) => !one.endsWith('over'))).toEqual(['40 180', '140 200']);
  });

  it('before it is known where to: 487 at once, and nothing goes out', async () => {
    const { simulation, alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', (incoming) => {
      const decision = towards('bob')(incoming);
      return new Promise((resolve) => void simulation.clock.arm(1000, () => resolve(decision)));
    });
    const call = alice.send('INVITE', 'bob@p');
    simulation.clock.arm(500, () => call.cancel());
    await assertOver();
    expect(alice.heard.slice(0, 2)).toEqual(['220 100', '520 487']);
    expect(bob.heard).toEqual([]);
  });

  it('where a branch never answers: 487 all the same', async () => {
    const { simulation, alice, bob, element, proxy, assertOver } = proxiedElements();
    const carol = element('carol');
    carol.host.receive = undefined;
    proxy('p', towards('bob', 'carol'));
    bob.serve = answering('bob', 180, 486);
    const call = alice.send('INVITE', 'bob@p');
    simulation.clock.arm(500, () => call.cancel());
    await assertOver();
    expect(alice.heard.at(-2)).toMatch(/ 486| 487/);
  });

  it('timer C ends a branch that rings for ever, and every provisional sets it back', async () => {
    const { simulation, alice, bob, proxy, assertOver } = proxiedElements();
    const counted = proxy('p', towards('bob'), { timerCMs: 181_000 });
    bob.serve = (transaction) => {
      answering('bob', 180)(transaction);
      simulation.clock.arm(100_000, () => answering('bob', 183)(transaction));
    };
    alice.send('INVITE', 'bob@p');
    await assertOver();
    expect(simulation.ladder({ between: ['p', 'bob'] })).toMatchInlineSnapshot(`
      "    10 p --> bob  INVITE
          20 bob --> p  180
      100020 bob --> p  183
      281030 p --> bob  CANCEL
      281040 bob --> p  200
      281040 bob --> p  487
      281050 p --> bob  ACK"
    `);
    // it was not she who gave up
    expect(alice.heard.filter((one) => !one.endsWith('over')).at(-1)).toBe('281060 480');
    expect(counted.counters.timerCFired).toBe(1);
  });

  it('a target may ring for less: then 480', async () => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    const route: ProxyRoute = () => ({
      kind: 'forward',
      targets: [{ uri: uri('sip:bob@bob'), ringMs: 3000 }],
    });
    proxy('p', route);
    bob.serve = answering('bob', 180);
    alice.send('INVITE', 'bob@p');
    await assertOver();
    expect(alice.heard.filter((one) => !one.endsWith('over')).at(-1)).toBe('3040 480');
  });
});

describe('routes (RFC 3261 §16.4, §16.12)', () => {
  it('a dialog stays on the way that was recorded: ACK and BYE in both directions', async () => {
    const { simulation, alice, bob, proxy, assertOver } = proxiedElements();
    const routed: boolean[] = [];
    const route = towards('bob');
    proxy('p', (incoming) => {
      routed.push(incoming.isRouted);
      return route(incoming);
    });
    proxy('q', (incoming) => ({ ...onwards(incoming), recordRoute: true }) as never);
    bob.serve = answering('bob', 200);
    alice.send('INVITE', 'bob@p', {
      onResponse: (response) => {
        const headers = [...routeHeaders(response), ['To', response.to] as const];
        const ack = inDialog('ACK', headers);
        alice.layer.sendAck(ack);
        alice.layer.request(inDialog('BYE', headers), silent);
      },
    });
    await assertOver();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> p  INVITE
          10 p --> bob  INVITE
          20 bob --> p  200
          30 p --> alice  200
          40 alice --> p  ACK
          40 alice --> p  BYE
          50 p --> bob  ACK
          50 p --> bob  BYE
          60 bob --> p  200
          70 p --> alice  200"
    `);
    expect(routed).toEqual([false, true, true]);
    const bye = bob.incoming.find(({ method }) => method === 'BYE');
    expect(bye?.request.headers.has('Route')).toBe(false);
    expect(bye?.request.headers.has('Record-Route')).toBe(false);
  });

  it('an ACK to a sips: address goes over secure hops alone, wherever it is sent', async () => {
    const { simulation, proxy, assertOver } = proxiedElements();
    const p = proxy('p', towards('bob'));
    for (const scheme of ['sip', 'sips']) {
      const ack = inDialog('ACK', [
        ['Via', `SIP/2.0/TLS 10.0.0.9;branch=z9hG4bK${scheme}`],
        ['To', '<sip:bob@p>;tag=b'],
      ]);
      ack.uri = uri(`${scheme}:bob@p`);
      const hop = { transport: 'tls', address: '10.0.0.9', port: 5061 } as const;
      p.receive({ message: ack, hop, local: { address: '10.0.0.1', port: 5061 } });
    }
    await assertOver();
    expect(simulation.ladder()).toMatchInlineSnapshot(`"     0 p --> bob  ACK"`);
  });

  it('a route that somebody wrote himself is not taken for ours', async () => {
    const { alice, proxy, assertOver } = proxiedElements();
    const routed: boolean[] = [];
    proxy('p', ({ request, isRouted }) => {
      routed.push(isRouted);
      return { kind: 'refuse', response: createResponse(request, 403) };
    });
    const forged = ['<sip:p;lr>', '<sip:10.0.0.3:5060;lr;rp=AAAAAAAAAAAA>'];
    for (const route of forged) {
      alice.send('BYE', 'bob@bob', {
        headers: [['Route', route]],
      });
    }
    await assertOver();
    expect(routed).toEqual([false, false]);
  });

  it('records itself twice where a request changes its transport (RFC 5658)', async () => {
    const { simulation, alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', (incoming) =>
      incoming.isRouted
        ? onwards(incoming)
        : {
            kind: 'forward',
            recordRoute: true,
            targets: [{ uri: uri('sip:bob@bob;transport=tcp') }],
          },
    );
    const recorded: string[] = [];
    bob.serve = (transaction) => {
      if (transaction.method === 'INVITE') {
        recorded.push(...transaction.request.headers.raw('Record-Route'));
      }
      const response = answerOf(transaction, 'bob', 200);
      if (transaction.method === 'INVITE') {
        response.headers.set('Contact', '<sip:bob@bob;transport=tcp>');
      }
      transaction.respond(response);
    };
    alice.send('INVITE', 'bob@p', {
      onResponse: (response) => {
        const headers = [...routeHeaders(response), ['To', response.to] as const];
        const bye = inDialog('BYE', headers);
        bye.uri = uri('sip:bob@bob;transport=tcp');
        alice.layer.request(bye, silent);
      },
    });
    await assertOver();
    const hidden = recorded.map((one) => one.replace(/rp=[\w-]{12}/, 'rp=…'));
    expect(hidden).toMatchInlineSnapshot(`
      [
        "<sip:10.0.0.3:5060;transport=tcp;lr;rp=…;r2=on>",
        "<sip:10.0.0.3:5060;lr;rp=…;r2=on>",
      ]
    `);
    const bye = bob.incoming.find(({ method }) => method === 'BYE');
    expect(bye?.inbound.hop.transport).toBe('tcp');
    expect(bye?.request.headers.has('Route')).toBe(false);
    expect(simulation.network.underWay).toBe(0);
  });

  it('undoes what a strict router before it did (§16.4)', async () => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', onwards);
    bob.serve = answering('bob', 200);
    alice.send('OPTIONS', 'p;lr', {
      target: uri('sip:p'),
      headers: [['Route', '<sip:bob@bob>']],
    });
    await assertOver();
    expect(bob.incoming[0]?.request.uri.toString()).toBe('sip:bob@bob');
    expect(bob.incoming[0]?.request.headers.has('Route')).toBe(false);
  });

  it('does as a strict router behind it wants (§16.6 step 6)', async () => {
    const { alice, bob, element, proxy, assertOver } = proxiedElements();
    const strict = element('strict');
    strict.serve = answer(200);
    proxy('p', onwards);
    alice.send('OPTIONS', 'bob@bob', {
      headers: [['Route', '<sip:p;lr>, <sip:strict>, <sip:next;lr>']],
    });
    await assertOver();
    const request = strict.incoming[0]?.request;
    expect(request?.uri.toString()).toBe('sip:strict');
    expect(request?.headers.get('route')?.map((one) => one.uri.toString())).toEqual([
      'sip:next;lr',
      'sip:bob@bob',
    ]);
    expect(bob.heard).toEqual([]);
  });

  it('goes along the Path of a binding, and leaves its own in a REGISTER (RFC 3327)', async () => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    proxy('edge', onwards);
    const contact = uri('sip:bob@bob');
    const paths: string[] = [];
    bob.serve = (transaction) => {
      paths.push(...transaction.request.headers.raw('Path'));
      answering('bob', 200)(transaction);
    };
    proxy('home', ({ request }) => ({
      kind: 'forward',
      addPath: true,
      targets: [{ uri: contact, path: request.method === 'REGISTER' ? [] : edgePath() }],
    }));
    const edgePath = () =>
      requestOf('X', 'x', [['Path', '<sip:edge;lr>']]).headers.get('path') ?? [];
    alice.send('REGISTER', 'home', { headers: [['Path', '<sip:first;lr>']] });
    alice.send('MESSAGE', 'bob@home');
    await assertOver();
    expect(paths).toEqual(['<sip:10.0.0.4:5060;lr>', '<sip:first;lr>']);
    const message = bob.incoming.find(({ method }) => method === 'MESSAGE')?.request;
    expect(message?.headers.get('via')).toHaveLength(3);
    expect(message?.headers.has('Route')).toBe(false);
  });

  it('sets what the application adds', async () => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', () => ({
      kind: 'forward',
      targets: [{ uri: uri('sip:bob@bob') }],
      headers: [['P-Asserted-Identity', '<sip:alice@p>']],
    }));
    bob.serve = answering('bob', 200);
    alice.send('OPTIONS', 'p', { headers: [['P-Asserted-Identity', '<sip:boss@p>']] });
    await assertOver();
    expect(bob.incoming[0]?.request.headers.raw('P-Asserted-Identity')).toEqual(['<sip:alice@p>']);
  });
});

describe('loops (RFC 5393)', () => {
  it('ends between two proxies that send to each other, long before Max-Forwards', async () => {
    const { simulation, alice, proxy, assertOver } = proxiedElements();
    proxy('p', () => ({ kind: 'forward', targets: [{ uri: uri('sip:bob@q') }] }));
    proxy('q', () => ({ kind: 'forward', targets: [{ uri: uri('sip:bob@p') }] }));
    alice.send('OPTIONS', 'bob@p');
    await assertOver();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> p  OPTIONS
          10 p --> q  OPTIONS
          20 q --> p  OPTIONS
          30 p --> q  482
          40 q --> p  482
          50 p --> alice  482"
    `);
  });

  it('lets a spiral pass: the same request with another Request-URI', async () => {
    const { alice, bob, proxy, assertOver } = proxiedElements();
    proxy('p', ({ request }) => ({
      kind: 'forward',
      targets: [{ uri: uri(String(request.uri) === 'sip:one@p' ? 'sip:two@p' : 'sip:bob@bob') }],
    }));
    bob.serve = answer(200);
    alice.send('OPTIONS', 'one@p');
    await assertOver();
    expect(alice.heard[0]).toBe('60 200');
    expect(bob.incoming[0]?.request.headers.get('via')).toHaveLength(3);
  });
});

describe('its end', () => {
  it('close() frees every transaction and every timer', async () => {
    const { simulation, alice, bob, proxy } = proxiedElements();
    const closing = proxy('p', towards('bob'));
    bob.serve = answering('bob', 180);
    alice.send('INVITE', 'bob@p');
    await simulation.run(1000);
    expect(closing.counts()).toEqual({
      clientTransactions: 1,
      serverTransactions: 1,
      proxiedRequests: 1,
    });
    closing.close();
    expect(closing.counts()).toEqual({
      clientTransactions: 0,
      serverTransactions: 0,
      proxiedRequests: 0,
    });
    alice.layer.close();
    bob.layer.close();
    expect(simulation.clock.armedTimers).toBe(0);
  });

  it('survives loss, duplicates and reordering: every INVITE has one outcome, nothing is left', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { simulation, alice, bob, element, proxy, assertOver } = proxiedElements({
        seed,
        loss: 0.1,
        duplicate: 0.1,
        reorder: 0.1,
        jitterMs: 30,
      });
      const carol = element('carol');
      proxy('p', towards('bob', 'carol'));
      const busy = seed % 3 === 0;
      bob.serve = (transaction) => {
        answering('bob', 180)(transaction);
        // whoever accepts a call repeats its 200 (RFC 3261 §13.3.1.4)
        for (let at = 700; at < (busy ? 701 : 8000); at += 500) {
          simulation.clock.arm(at, () => answering('bob', busy ? 486 : 200)(transaction));
        }
      };
      carol.serve = answering('carol', 180, 486);
      const finals: number[] = [];
      alice.send('INVITE', 'bob@p', {
        onResponse: ({ status }) => {
          if (status >= 200) finals.push(status);
        },
      });
      await assertOver();
      expect(new Set(finals).size, `seed ${seed}: ${finals.join()}`).toBe(1);
    }
  });
});

describe('a request of which nothing comes', () => {
  it('is given up when the application does not say in time where it goes', async () => {
    const { alice, simulation, proxy, assertOver } = proxiedElements();
    const element = proxy('proxy', () => new Promise(() => {}));
    alice.send('OPTIONS', 'proxy');
    await simulation.run(40_000);
    expect(element.counts()).toMatchObject({ proxiedRequests: 0, serverTransactions: 0 });
    expect(simulation.ladder()).not.toContain('--> bob');
    await assertOver();
  });

  it('is not over with the first of its branches', async () => {
    const { alice, bob, element, simulation, proxy, assertOver } = proxiedElements();
    const carol = element('carol');
    proxy('proxy', towards('bob', 'carol'));
    bob.serve = answering('bob', 486);
    carol.serve = (transaction) => {
      answering('carol', 180)(transaction);
      simulation.clock.arm(60_000, () => answering('carol', 200)(transaction));
    };
    alice.send('INVITE', 'proxy');
    await simulation.run(61_000);
    expect(alice.heard.slice(0, 2).map((line) => line.split(' ')[1])).toEqual(['180', '200']);
    await assertOver();
    carol.layer.close();
  });
});

describe('the table of the response context', () => {
  it('has no row that none of these stories has driven', () => {
    const rows = rowsOf(responseContext).map((row) => row.join(' '));
    expect(rows.filter((row) => !drivenContexts.has(row))).toEqual([]);
  });
});

const silent = { onResponse() {}, onTimeout() {}, onTransportError() {} };

function inDialog(
  method: string,
  headers: readonly (readonly [string, object | string])[],
): SipRequest {
  const request = requestOf(method, 'bob@bob');
  request.headers.set('CSeq', `2 ${method}`);
  request.headers.set('Call-ID', 'INVITE-call');
  for (const [name, value] of headers) {
    if (name === 'Route') request.headers.append(name, value);
    else request.headers.set(name, value);
  }
  return request;
}
