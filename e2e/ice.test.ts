import { toneShare } from '@strowger/media-core';
import { nodeRuntime, type Runtime } from '@strowger/runtime';
import { type Call, SipClient, type SipClientOptions } from '@strowger/sip-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Coturn } from './coturn.ts';
import { describeWithPeers, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';

/** What we say, and what baresip says. */
const [OUR_TONE, BOBS_TONE] = [523, 440];
const MEDIA = { ice: 'full', srtp: 'required', keying: ['dtls'] } as const;

describeWithPeers(['baresip', 'turnserver'], 'our client with ICE and DTLS-SRTP', () => {
  const folder = workFolder('ice');
  const phone = { folder, encryption: 'dtls_srtp', ice: true, codecs: 'pcmu' } as const;
  const registered = (name: string) => ({
    ...phone,
    name,
    tone: BOBS_TONE,
    registrar: { domain: '127.0.0.1:5060', password: `pw-${name}` },
  });
  const bob = new Baresip({ ...registered('bob'), port: 5120 });
  // the PBX offers phones no ICE, and baresip that may use it does not get on without
  const dave = new Baresip({ ...registered('dave'), port: 5140, ice: false });
  const carol = new Baresip({ ...phone, name: 'carol', port: 5160, tone: BOBS_TONE });
  const sent: string[] = [];
  const heard: string[] = [];
  const clients: SipClient[] = [];
  let pbx: Pbx;
  let coturn: Coturn;

  const client = (options: Partial<SipClientOptions> = {}): SipClient => {
    const alice = new SipClient({
      uri: 'sip:alice@127.0.0.1',
      password: 'pw-alice',
      server: 'sip:127.0.0.1:5060;transport=tcp',
      media: MEDIA,
      onMessage: ({ direction, message }) => {
        (direction === 'sent' ? sent : heard).push(new TextDecoder().decode(message.body));
      },
      ...options,
    });
    clients.push(alice);
    return alice;
  };

  beforeAll(async () => {
    coturn = await Coturn.start(folder);
    pbx = await Pbx.start(folder, {
      media: {
        address: '127.0.0.1',
        ports: '20000-29999',
        codecs: ['pcmu', 'pcma'],
        ice: 'full',
        srtp: 'required',
        keying: ['dtls'],
        stunServers: [`${coturn.address}:${coturn.port}`],
        turnServers: [{ at: `${coturn.address}:${coturn.port}`, ...accountAt(coturn) }],
      },
    });
    await Promise.all([bob, carol, dave].map((one) => one.start()));
  });

  afterAll(async () => {
    await Promise.all(clients.map((one) => one.close()));
    await Promise.all([bob, carol, dave].map((one) => one.stop()));
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
    await coturn.stop();
  });

  it('hears its echo from the PBX', async () => {
    sent.length = 0;
    const call = await client().call('*43');
    expect(await talk(call, OUR_TONE)).toBe(1);
    expect(sent.join('\n')).toMatch(/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF? /m);
    expect(sent.join('\n')).toMatch(/^a=candidate:.* typ host/m);
  });

  it('calls baresip through the PBX, which takes ICE of us and offers none', async () => {
    const call = await client().call('dave');
    expect(await talk(call, BOBS_TONE)).toBe(1);
  });

  it('calls baresip itself', async () => {
    const alone = client({ uri: 'sip:alice@127.0.0.1', server: 'sip:127.0.0.1:5160' });
    const call = await alone.call(carol.uri);
    expect(await talk(call, BOBS_TONE)).toBe(1);
    shows('baresip', 'Media: ICE (RFC 8445)', 'Media: SRTP, keys by DTLS (RFC 5764)');
  });

  it('is called by baresip through the PBX', async () => {
    const alice = client();
    await alice.register();
    bob.forget();
    const calls = alice.incoming();
    await bob.command('dial', 'sip:alice@127.0.0.1:5060');
    const { value: call } = await calls.next();
    await call?.answer();
    expect(call && (await talk(call, BOBS_TONE))).toBe(1);
  });

  it('is told of a relay by the PBX, too', async () => {
    heard.length = 0;
    const call = await client().call('*43');
    expect(await talk(call, OUR_TONE)).toBe(1);
    expect(heard.join('\n')).toMatch(/^a=candidate:\S+ 1 UDP \d+ \S+ \d+ typ relay raddr /im);
  });

  it('is heard through a relay where no other way is open', async () => {
    sent.length = 0;
    const turn = { address: coturn.address, port: coturn.port, ...accountAt(coturn) };
    const alice = client({
      media: { ...MEDIA, turnServers: [turn] },
      runtime: reachingOnly(coturn.port),
    });
    const call = await alice.call('*43');
    expect(await talk(call, OUR_TONE)).toBe(1);
    expect(sent.join('\n')).toMatch(/^a=candidate:.* typ relay/m);
    shows('coturn', 'Media: relay by TURN (RFC 8656)');
  });

  it('without ICE it offers none', async () => {
    sent.length = 0;
    const call = await client({ media: { ...MEDIA, ice: 'off' } }).call('*43');
    expect(await talk(call, OUR_TONE)).toBe(1);
    expect(sent.join('\n')).not.toContain('a=candidate');
  });
});

/** Says our tone until a frequency was heard for a second or eight have passed; for how many it was. */
async function talk(call: Call, hz: number): Promise<number> {
  await call.connected;
  call.play({ type: 'tone', frequencyHz: OUR_TONE });
  let heard = 0;
  let frames = 0;
  for await (const { samples, sampleRate } of call.audioIn()) {
    if (toneShare(samples, sampleRate, hz) > 0.8) heard++;
    if (heard === 50 || ++frames === 400) break;
  }
  await call.hangUp();
  return heard / 50;
}

function accountAt({ username, password }: Coturn): { username: string; password: string } {
  return { username, password };
}

/** A machine behind a firewall that lets datagrams to this port through, and no other. */
function reachingOnly(port: number): Runtime {
  const runtime = nodeRuntime();
  const { datagrams } = runtime;
  const open: Runtime['datagrams']['open'] = async (options) => {
    const socket = await datagrams.open(options);
    return {
      local: socket.local,
      send: (packet, to) => void (to.port === port && socket.send(packet, to)),
      close: () => socket.close(),
    };
  };
  return { ...runtime, datagrams: { open } };
}
