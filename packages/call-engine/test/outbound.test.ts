import { SipRequest, type SipResponse, uri } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import type { Hop } from '@strowger/transaction-core';
import { describe, expect, it } from 'vitest';
import { MemoryLocationStore } from '../src/memory-stores.ts';
import { Registrar, type RegistrationChange } from '../src/registrar.ts';

const ALICE = 'sip:alice@pbx.example';
const VIA = 'SIP/2.0/WSS x.invalid;branch=z9hG4bK1;rport';
const FLOW: Hop = { transport: 'wss', address: '192.0.2.10', port: 40_000, flow: 'wss-1' };
const INSTANCE = '+sip.instance="<urn:uuid:1>"';

/** A registrar, and a browser whose REGISTERs come over flows that a story opens and closes. */
function stage() {
  const host = createSimulation({ seed: 7 }).network.host('pbx.example');
  const open = new Set(['wss-1', 'wss-2']);
  const changes: RegistrationChange[] = [];
  const registrar = new Registrar({
    runtime: host.runtime,
    location: new MemoryLocationStore(),
    expiry: { minSeconds: 60, maxSeconds: 7200, defaultSeconds: 3600 },
    maxContacts: 2,
    isFlowOpen: ({ flow = '' }) => open.has(flow),
    onChange: (change) => changes.push(change),
  });
  let cseq = 0;
  const register = (contact: string, hop = FLOW, vias = [VIA]): Promise<SipResponse> => {
    const request = new SipRequest({
      method: 'REGISTER',
      uri: uri('sip:pbx.example'),
      headers: [
        ...vias.map((via) => ['Via', via] as [string, string]),
        ['From', `<${ALICE}>;tag=1`],
        ['To', `<${ALICE}>`],
        ['Call-ID', `call-${++cseq}`],
        ['CSeq', '1 REGISTER'],
        ['Supported', 'path, outbound'],
        ['Contact', contact],
      ],
    });
    const local = { address: '192.0.2.1', port: 443 };
    return registrar.register(ALICE, request, { message: request, hop, local });
  };
  const reached = async (): Promise<(string | undefined)[]> =>
    (await registrar.lookup(ALICE)).map(({ received }) => received?.flow);
  return { registrar, open, changes, register, reached };
}

describe('a phone behind a WebSocket', () => {
  it('is called over the flow of its REGISTER, and told so (RFC 5626 §6)', async () => {
    const { register, reached } = stage();
    const answer = await register(`<sip:x@x.invalid;transport=ws>;reg-id=1;${INSTANCE}`);
    expect(answer.headers.raw('Require')).toEqual(['outbound']);
    expect(answer.headers.raw('Contact').join()).toContain('reg-id=1');
    expect(await reached()).toEqual(['wss-1']);
  });

  it('that is told of no flow of its own is called over it all the same', async () => {
    const { register, reached } = stage();
    const answer = await register('<sip:x@x.invalid;transport=ws>');
    expect(answer.headers.has('require')).toBe(false);
    expect(await reached()).toEqual(['wss-1']);
  });

  it('replaces its flow with the one that it opens after it', async () => {
    const { register, reached } = stage();
    await register(`<sip:x@x.invalid;transport=ws>;reg-id=1;${INSTANCE}`);
    const later = { ...FLOW, port: 40_001, flow: 'wss-2' };
    await register(`<sip:y@y.invalid;transport=ws>;reg-id=1;${INSTANCE}`, later);
    expect(await reached()).toEqual(['wss-2']);
  });

  it('is not called any more once its WebSocket is closed (RFC 7118 §5.2)', async () => {
    const { register, reached, open } = stage();
    await register('<sip:x@x.invalid;transport=ws>');
    open.delete('wss-1');
    expect(await reached()).toEqual([]);
  });

  it('leaves no contact behind that would count against the limit', async () => {
    const { register, reached, open, changes } = stage();
    for (const name of ['one', 'two', 'three', 'four']) {
      open.add(name);
      const answer = await register(`<sip:${name}@x.invalid;transport=ws>`, {
        ...FLOW,
        flow: name,
      });
      expect(answer.status).toBe(200);
      open.delete(name);
    }
    expect(await reached()).toEqual([]);
    expect(changes.at(-1)).toMatchObject({ added: [{}], removed: [{}] });
  });

  it('has no flow of ours where a proxy is between', async () => {
    const { register } = stage();
    const contact = `<sip:x@192.0.2.9;transport=tcp>;reg-id=1;${INSTANCE}`;
    const answer = await register(contact, FLOW, [VIA, VIA]);
    expect(answer.headers.has('require')).toBe(false);
  });
});
