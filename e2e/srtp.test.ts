import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip, type BaresipOptions } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';
import { listen } from './sound.ts';

/** Octets of a PCMU packet of 20 ms with a tag of 80 bits, or of AES-GCM; 172 would be in the clear. */
const SEALED = [182, 188];
const peers = ['baresip', 'dumpcap', 'tshark', 'sox'];

describeWithPeers(peers, 'baresip with SRTP through the PBX', () => {
  const folder = workFolder('srtp');
  const phone = (name: string, port: number, encryption?: BaresipOptions['encryption']) =>
    new Baresip({
      folder,
      name,
      port,
      tone: 440,
      codecs: 'pcmu',
      registrar: { domain: '127.0.0.1:5060', password: `pw-${name}` },
      ...(encryption && { encryption }),
    });
  const alice = phone('alice', 5100, 'srtp-mand');
  const bob = phone('bob', 5120);
  const carol = phone('carol', 5140, 'srtp-mandf');
  const dave = phone('dave', 5160, 'dtls_srtp');
  let pbx: Pbx;

  beforeAll(async () => {
    pbx = await Pbx.start(folder);
    for (const one of [alice, bob, carol, dave]) await one.start();
  });

  afterAll(async () => {
    for (const one of [alice, bob, carol, dave]) await one.stop();
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  /** What a call of two seconds put on the wire. */
  const captured = async (caller: Baresip, target: string, name: string): Promise<Capture> => {
    const capture = await Capture.start(folder, name);
    await caller.command('dial', target);
    await caller.event('CALL_ESTABLISHED');
    await pause(2500);
    await caller.command('hangup');
    await pause(300);
    await capture.stop();
    return capture;
  };

  it.each([
    ['alice', alice],
    ['carol', carol],
    ['dave, whose keys come by DTLS', dave],
  ])('carries the echo of %s, encrypted both ways', async (_, caller) => {
    caller.forget();
    const file = `echo-${caller.options.name}`;
    const capture = await captured(caller, 'sip:*43@127.0.0.1:5060', file);
    const { rtpPort } = caller;
    const theirs = `udp.srcport >= ${rtpPort} && udp.srcport <= ${rtpPort + 98}`;
    const ours = `udp.dstport >= ${rtpPort} && udp.dstport <= ${rtpPort + 98}`;
    for (const way of [theirs, ours]) {
      const lengths = lengthsOf(capture, way);
      expect(lengths.length, way).toBeGreaterThan(80);
      expect(
        lengths.filter((length) => !SEALED.includes(length)),
        way,
      ).toEqual([]);
    }
    const keys = caller === dave ? 'DTLS (RFC 5764)' : 'SDES (RFC 4568)';
    shows('baresip', `Media: SRTP, keys by ${keys}`);
  });

  it.each([
    ['alice', alice],
    ['dave', dave],
  ])(
    'carries a call of %s to a phone without encryption, in the clear there alone',
    async (_, caller) => {
      for (const one of [caller, bob]) one.forget();
      const capture = await captured(caller, bob.uri, `relay-${caller.options.name}`);
      const to = (one: Baresip) =>
        `udp.dstport >= ${one.rtpPort} && udp.dstport <= ${one.rtpPort + 98}`;
      const toBob = listen(capture.sound(`(${to(bob)}) && rtp.p_type == 0`));
      expect(toBob.heardFor(440), 'what bob hears').toBeGreaterThan(1.5);
      const back = lengthsOf(capture, to(caller));
      expect(back.length).toBeGreaterThan(80);
      expect(back.filter((length) => !SEALED.includes(length))).toEqual([]);
    },
  );
});

/** Of every PCMU packet that goes this way, without the header of UDP. */
function lengthsOf(capture: Capture, way: string): number[] {
  return capture
    .fields(`rtp && rtp.p_type == 0 && ${way}`, 'udp.length')
    .map(([length]) => Number(length) - 8);
}
