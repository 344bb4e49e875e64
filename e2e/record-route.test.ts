import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TestAuthority } from './certificates.ts';
import { KamailioProxy } from './kamailio-proxy.ts';
import { describeWithPeers, isListening, until, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { sipp, sippInBackground } from './sipp.ts';
import { Stranger } from './stranger.ts';

/** Contacts at the proxy: the PBX calls bob through it. */
const NEXT_HOP = [
  ['udp', '127.0.0.1:5090'],
  ['tcp', '127.0.0.1:5090;transport=tcp'],
  ['tls', '127.0.0.1:5091;transport=tls'],
  ['ws', '127.0.0.1:5092;transport=ws'],
] as const;

/** Ports of the proxy from which it goes on to the PBX. */
const PREVIOUS_HOP = [
  ['udp', 5093],
  ['tcp', 5094],
  ['tls', 5095],
] as const;

const ALICE = ['-set', 'caller', 'alice', '-au', 'alice', '-ap', 'pw-alice', '-s', 'bob'];

describeWithPeers(['kamailio', 'sipp', 'openssl', 'ss'], 'kamailio with Record-Route', () => {
  const folder = workFolder('record-route');
  const authority = new TestAuthority(folder);
  let pbx: Pbx;
  let proxy: KamailioProxy;
  let known = 0;

  beforeAll(async () => {
    proxy = await KamailioProxy.start(folder, authority.issue('proxy'));
    pbx = await Pbx.start(folder, {
      listen: [
        'udp:127.0.0.1:5060',
        'tcp:127.0.0.1:5060',
        'tls:127.0.0.1:5061',
        'ws:127.0.0.1:5062',
      ],
      tls: { ...authority.issue(), ca: authority.cert },
      media: { ice: 'off' }, // what is behind this proxy's WebSocket is no browser
    });
  });
  afterAll(async () => {
    await proxy.stop();
    expect(await pbx.stop()).toBe(0);
  });
  beforeEach(async () => {
    known = (await pbx.cdrs(100)).length;
  });

  /** Calls bob, whose phone is a sipp on UDP; both play their part to the end. */
  async function call(to: string, kind: '' | '-routed'): Promise<void> {
    const callee = sippInBackground(
      folder,
      `callee${kind}`,
      ['-i', '127.0.0.1', '-p', '5070', '-m', '1', '-trace_err'],
      20,
    );
    await until('the callee listens', () => isListening(5070));
    const where = [to, '-i', '127.0.0.1', '-p', '5072', '-m', '1', '-d', '300'];
    const called = sipp(folder, `caller${kind}`, [...where, ...ALICE], 15);
    expect(called, called.errors).toMatchObject({ status: 0, successful: 1, failed: 0 });
    expect(await callee.ended, callee.output()).toBe(0);
    await until('nothing of the call is left', async () => (await pbx.counts())['calls'] === 0);
    const cdrs = await pbx.cdrs(100);
    expect(cdrs).toHaveLength(known + 1);
    const endedBy = kind === '' ? 'caller' : 'callee';
    expect(cdrs[0]).toMatchObject({ outcome: 'answered', endedBy });
    known = cdrs.length;
  }

  it.each(NEXT_HOP)(
    'as next hop over %s: hold from either side, and BYE from either side',
    async (transport, contact) => {
      await registerBob(`sip:bob@${contact}`);
      const before = proxy.sane().length;
      await call('127.0.0.1:5060', '-routed');
      await call('127.0.0.1:5060', '');
      const said = new Set(proxy.sane().slice(before));
      for (const what of ['INVITE', 'ACK', 'BYE', '200']) {
        expect([...said], proxy.insane().join()).toContain(`${transport} ${what}`);
      }
      expect(proxy.insane()).toEqual([]);
      shows('kamailio', 'Signalling: Record-Route');
    },
  );

  it.each(PREVIOUS_HOP)(
    'as previous hop over %s: hold from either side, and BYE from either side',
    async (transport, port) => {
      await registerBob('sip:bob@127.0.0.1:5070');
      const before = [proxy.sane().length, proxy.routed().length] as const;
      const bob = ['-s', 'alice', '-au', 'alice', '-ap', 'pw-alice'];
      const where = [`127.0.0.1:${port}`, '-i', '127.0.0.1', '-p', '5072', '-m', '1'];
      const registered = sipp(folder, 'register', [...where, ...bob], 10);
      expect(registered.status, registered.errors).toBe(0);
      await call(`127.0.0.1:${port}`, '-routed');
      await call(`127.0.0.1:${port}`, '');
      const said = new Set(proxy.sane().slice(before[0]));
      for (const what of ['401', '407', '180', '200', 'INVITE', 'ACK', 'BYE']) {
        expect([...said], proxy.insane().join()).toContain(`${transport} ${what}`);
      }
      expect(proxy.insane()).toEqual([]);
      const routed = proxy.routed().slice(before[1]);
      expect(routed.filter((method) => method === 'INVITE')).toHaveLength(2);
      expect(routed.filter((method) => method === 'BYE')).toHaveLength(2);
      shows('kamailio', 'Signalling: Record-Route');
    },
  );
});

/** Registers one contact for bob in the place of all others. */
async function registerBob(uri: string): Promise<void> {
  const stranger = await Stranger.open();
  const requests = [
    { contact: '*', headers: ['Expires: 0'] },
    { contact: `<${uri}>`, headers: ['Expires: 300'] },
  ];
  for (const request of requests) {
    const challenged = await stranger.request('REGISTER', 'bob');
    const [nonce = '', realm = ''] = [challenged.challenge('nonce'), challenged.challenge('realm')];
    const proof = { username: 'bob', password: 'pw-bob', nonce, realm };
    const accepted = await stranger.request('REGISTER', 'bob', { ...request, proof });
    expect(accepted.status, accepted.text).toBe(200);
  }
  stranger.close();
}
