import { join } from 'node:path';
import { emptyRtpHeader, readRtcp, readRtp } from '@strowger/media-core';
import { parseMessage, StreamFramer, validateMessage } from '@strowger/sip-message';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Baresip } from './baresip.ts';
import { Capture } from './capture.ts';
import { describeWithPeers, pause, root, runToEnd, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { SanityCheck } from './kamailio-sanity.ts';
import { sipp } from './sipp.ts';
import { writeTone } from './sound.ts';
import { Stranger } from './stranger.ts';

const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });

const PHONE_PORT = 5190;

describeWithPeers(
  ['kamailio', 'sipp', 'baresip', 'dumpcap', 'tshark', 'sox', 'ss'],
  'what crosses the wire',
  () => {
    const folder = workFolder('wire');
    let capture: Capture;
    let sanity: SanityCheck;
    let sent: Uint8Array[];

    beforeAll(async () => {
      capture = await Capture.start(folder, 'wire');
      await traffic(folder);
      await capture.stop();
      sent = [...datagrams(capture), ...segments(capture)];
      sanity = await SanityCheck.start(folder);
    }, 120_000);
    afterAll(() => sanity.stop());

    it('holds every kind of message that the PBX and our phone send', () => {
      const kinds = new Set(sent.map((bytes) => firstWords(bytes)));
      for (const kind of [
        'INVITE',
        'ACK',
        'BYE',
        'CANCEL',
        '180',
        '200',
        '401',
        '404',
        '407',
        '480',
      ]) {
        expect([...kinds], kind).toContain(kind);
      }
    });

    it('passes every check of kamailio', async () => {
      expect(await sanity.refused(sent)).toEqual([]);
    }, 120_000);

    it('is judged by checks that find what is broken', async () => {
      const good = sent.find((bytes) => firstWords(bytes) === 'INVITE') ?? new Uint8Array();
      const text = new TextDecoder().decode(good);
      const broken = [
        text.replace(/^CSeq: (\d+) INVITE/m, 'CSeq: $1 BYE'),
        text.replace(/^To: .*\r\n/m, ''),
        text.replace(/^Content-Length: \d+/m, 'Content-Length: 7'),
      ];
      expect(await sanity.refused(broken.map((one) => new TextEncoder().encode(one)))).toEqual(
        broken,
      );
    });

    it('is accepted by the strictest mode of our own parser', () => {
      for (const bytes of sent) {
        const parsed = parseMessage(bytes);
        expect(parsed.ok, new TextDecoder().decode(bytes)).toBe(true);
        if (parsed.ok) expect(validateMessage(parsed.value)).toBeUndefined();
      }
    });

    it('has no malformed RTP or RTCP', () => {
      expect(capture.count('rtp'), 'RTP').toBeGreaterThan(100);
      expect(capture.count('rtcp'), 'RTCP').toBeGreaterThan(0);
      const broken = '(rtp || rtcp) && (_ws.malformed || _ws.expert.severity >= 8388608)';
      expect(capture.fields(broken, 'frame.number', '_ws.expert.message')).toEqual([]);
    });

    it('has RTP and RTCP that our own readers take', () => {
      const ours = 'udp.srcport >= 20000 && udp.srcport <= 29999';
      const rtp = capture.fields(`rtp && ${ours}`, 'udp.payload').map(([hex]) => fromHex(hex));
      const rtcp = capture.fields(`rtcp && ${ours}`, 'udp.payload').map(([hex]) => fromHex(hex));
      expect(rtp.length).toBeGreaterThan(100);
      expect(rtcp.length).toBeGreaterThan(0);
      const header = emptyRtpHeader();
      expect(rtp.filter((packet) => !readRtp(packet, header))).toEqual([]);
      expect(rtcp.filter((packet) => readRtcp(packet) === undefined)).toEqual([]);
    });
  },
);

/** Registrations, calls, refusals, a CANCEL, digits, over UDP and TCP, IPv4 and IPv6; our phone's call. */
async function traffic(folder: string): Promise<void> {
  const pbx = await Pbx.start(folder, { ringTimeoutMs: 2000 });
  const phone = (name: string, port: number, transport: 'udp' | 'tcp') =>
    new Baresip({ folder, name, port, codecs: 'pcma', transport, registrar: registrar(name) });
  const alice = phone('alice', 5100, 'udp');
  const bob = phone('bob', 5120, 'tcp');
  const carol = new Baresip({
    folder,
    name: 'carol',
    port: 5140,
    answer: 'manual',
    registrar: registrar('carol'),
  });
  const dave = new Baresip({
    folder,
    name: 'dave',
    port: 5160,
    ip: '::1',
    registrar: { domain: '127.0.0.1', password: 'pw-dave', outbound: 'sip:[::1]:5060' },
  });
  for (const one of [alice, bob, carol, dave]) await one.start();
  await dave.stop();
  await alice.command('dial', bob.uri);
  await alice.event('CALL_ESTABLISHED');
  await pause(6000); // long enough for an RTCP report
  await alice.command('sndcode', '5');
  await alice.command('hold');
  await pause(500);
  await alice.command('resume');
  await pause(500);
  await alice.command('hangup');
  await bob.event('CALL_CLOSED');
  alice.forget();
  await alice.command('dial', carol.uri); // nobody answers
  await alice.event('CALL_CLOSED', 10_000);
  alice.forget();
  await alice.command('dial', 'sip:nobody@127.0.0.1:5060');
  await alice.event('CALL_CLOSED', 10_000);
  writeTone(join(folder, 'tone.ulaw'), 440, 10, ['-e', 'u-law', '-t', 'raw']);
  sipp(folder, 'caller-rtp', [
    '127.0.0.1:5060',
    '-i',
    '127.0.0.1',
    '-p',
    '5072',
    '-m',
    '1',
    '-s',
    '*43',
    '-set',
    'caller',
    'dave',
    '-au',
    'dave',
    '-ap',
    'pw-dave',
    '-mi',
    '127.0.0.1',
    '-mp',
    '6100',
    '-d',
    '1000',
  ]);
  const called = ourPhoneCalls('*43');
  expect(called.status, called.output).toBe(0);
  const stranger = await Stranger.open();
  await stranger.request('OPTIONS', 'stranger', { to: 'alice' });
  await stranger.request('REGISTER', 'alice', { to: 'bob' });
  stranger.close();
  for (const one of [alice, bob, carol]) await one.stop();
  await pbx.isQuiet();
  await pbx.stop();
}

/** Our own phone, which answers a challenge, talks for a second and hangs up. */
function ourPhoneCalls(number: string): { status: number; output: string } {
  const program = join(root, 'apps/phone/dist/main.js');
  const who = ['--user', 'sip:dave@127.0.0.1:5060', '--password', 'pw-dave'];
  const how = ['--listen', `127.0.0.1:${PHONE_PORT}`, '--play', 'tone:440', '--duration', '1s'];
  const args = ['call', `sip:${number}@127.0.0.1:5060`, ...who, ...how];
  return runToEnd([process.execPath, program, ...args], { seconds: 20 });
}

/** What the PBX and our phone sent over UDP. */
function datagrams(capture: Capture): Uint8Array[] {
  return capture
    .fields(`sip && (udp.srcport == 5060 || udp.srcport == ${PHONE_PORT})`, 'udp.payload')
    .map(([hex]) => fromHex(hex))
    .filter((bytes) => bytes.length > 4);
}

/** What the PBX sent over TCP, cut into messages by our framer. */
function segments(capture: Capture): Uint8Array[] {
  const rows = capture.fields('tcp.srcport == 5060 && tcp.len > 0', 'tcp.stream', 'tcp.payload');
  const messages: Uint8Array[] = [];
  const framers = new Map<string, StreamFramer>();
  for (const [stream = '', hex] of rows) {
    const framer =
      framers.get(stream) ??
      new StreamFramer({
        onMessage: (bytes) => messages.push(bytes),
        onKeepAlive: () => {},
        onRefused: (refusal) => expect.unreachable(refusal.message),
      });
    framers.set(stream, framer);
    framer.push(fromHex(hex));
  }
  return messages;
}

function fromHex(hex: string | undefined): Uint8Array {
  return Buffer.from((hex ?? '').replaceAll(':', ''), 'hex');
}

function firstWords(bytes: Uint8Array): string {
  const [first = '', second = ''] = new TextDecoder().decode(bytes.subarray(0, 40)).split(' ');
  return first === 'SIP/2.0' ? second : first;
}
