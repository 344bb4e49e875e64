import { Via } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { answerHop, sourceHop } from './answer-route.ts';

const from = { address: '192.0.2.1', port: 40_000 };
const via = (...params: [string, string?][]) =>
  new Via({ transport: 'UDP', host: '10.0.0.1', port: 5080, params });

describe('where an answer goes (RFC 3261 §18.2.2)', () => {
  it('over UDP is the source port where rport was asked for, else the port of sent-by (RFC 3581 §4)', () => {
    const source = { transport: 'udp', from, flow: 'f' } as const;
    expect(answerHop(via(['rport']), source)).toEqual({ ...from, transport: 'udp', flow: 'f' });
    expect(answerHop(via(), source).port).toBe(5080);
  });

  it('over TCP is the connection; after its end the port of sent-by, whatever rport says', () => {
    const source = { transport: 'tcp', from, flow: 'f' } as const;
    expect(answerHop(via(['rport']), source)).toEqual({
      transport: 'tcp',
      address: '192.0.2.1',
      port: 5080,
      flow: 'f',
    });
    expect(answerHop(new Via({ transport: 'TCP', host: 'a.example' }), source).port).toBe(5060);
  });

  it('over TLS is with the name of sent-by, should a new connection be needed', () => {
    const source = { transport: 'tls', from, flow: 'f' } as const;
    const named = answerHop(new Via({ transport: 'TLS', host: 'a.example' }), source);
    expect(named).toMatchObject({ address: '192.0.2.1', port: 5061, host: 'a.example' });
    expect(answerHop(via(), source)).not.toHaveProperty('host');
  });

  it('over a WebSocket is its own connection alone', () => {
    const source = { transport: 'wss', from, flow: 'f' } as const;
    const hop = answerHop(new Via({ transport: 'WSS', host: 'x.invalid' }), source);
    expect(hop).toEqual({ ...from, transport: 'wss', flow: 'f' });
  });

  it('is known for a response, too: where it came from', () => {
    expect(sourceHop({ transport: 'tcp', from, flow: 'f' })).toEqual({
      ...from,
      transport: 'tcp',
      flow: 'f',
    });
  });
});
