import { describe, expect, it } from 'vitest';
import type { CodecDescription } from './codec.ts';
import type { MediaDirection } from './direction.ts';
import { includesEvent } from './format-parameters.ts';
import type { LocalMedia } from './local-media.ts';
import { applyAnswer, createOffer, negotiateAnswer } from './offer-answer.ts';
import { readDescription } from './session-description.ts';

const pcmu = { name: 'pcmu', payloadType: 0, clockRate: 8000 };
const pcma = { name: 'pcma', payloadType: 8, clockRate: 8000 };
const events = { name: 'telephone-event', payloadType: 101, clockRate: 8000, fmtp: '0-16' };
const opus: CodecDescription = { name: 'opus', payloadType: 96, clockRate: 48_000, channels: 2 };

const alice: LocalMedia = {
  address: '192.0.2.1',
  port: 20_000,
  codecs: [pcmu, pcma, events],
  direction: 'sendrecv',
  sessionId: '4711',
  version: 1,
};
const bob: LocalMedia = { ...alice, address: '192.0.2.2', port: 30_000, sessionId: '815' };

/** An offer by hand: the lines of the session and those of the media, which begin with `m=`. */
function offerOf(...lines: string[]): string {
  const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.9', 's=-', 'c=IN IP4 192.0.2.9', 't=0 0'];
  return `${[...head, ...lines].join('\r\n')}\r\n`;
}

function answered(offer: string, local: LocalMedia = bob) {
  const outcome = negotiateAnswer({ offer, local });
  if (!outcome.ok) throw new Error(outcome.reason.message);
  return outcome;
}

function applied(offer: string, answer: string) {
  const outcome = applyAnswer({ offer, answer });
  if (!outcome.ok) throw new Error(outcome.reason.message);
  return outcome.media;
}

function linesOf(sdp: string) {
  const read = readDescription(sdp);
  if (!read.ok) throw new Error(read.reason.message);
  return read.description.media;
}

const refused = (code: string) => ({ ok: false, reason: { code } });

describe('an offer (RFC 3264 §5)', () => {
  it('says all that the local side has, and nothing else', () => {
    const local = { ...alice, ssrc: 7, cname: 'a@b', ptimeMs: 20, maxptimeMs: 60, rtcpMux: true };
    expect(createOffer(local).split('\r\n')).toEqual([
      'v=0',
      'o=- 4711 1 IN IP4 192.0.2.1',
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'm=audio 20000 RTP/AVP 0 8 101',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-16',
      'a=ptime:20',
      'a=maxptime:60',
      'a=sendrecv',
      'a=ssrc:7 cname:a@b',
      'a=rtcp-mux',
      '',
    ]);
  });

  it('names IPv6 as such', () => {
    const offer = createOffer({ ...alice, address: '2001:db8::1' });
    expect(offer).toContain('o=- 4711 1 IN IP6 2001:db8::1\r\n');
    expect(offer).toContain('c=IN IP6 2001:db8::1\r\n');
  });

  it('differs by its version alone when nothing else changed (RFC 3264 §8)', () => {
    const again = createOffer({ ...alice, version: 2 });
    expect(again.replace('4711 2', '4711 1')).toBe(createOffer(alice));
  });

  it('keeps the lines of the description before, each in its place', () => {
    const video = 'm=video 40000 RTP/AVP 31';
    const first = offerOf(video, 'm=audio 5004 RTP/AVPF 0', 'm=image 0 udptl t38');
    const again = linesOf(createOffer(bob, { previous: answered(first).answer }));
    expect(again.map(({ kind, port, protocol }) => [kind, port, protocol])).toEqual([
      ['video', 0, 'RTP/AVP'],
      ['audio', 30_000, 'RTP/AVPF'],
      ['image', 0, 'UDPTL'],
    ]);
  });

  it('keeps the payload types of the session and finds free ones for what is new', () => {
    const first = offerOf('m=audio 5004 RTP/AVP 0 101', 'a=rtpmap:101 opus/48000/2');
    const previous = answered(first, { ...bob, codecs: [pcmu, opus] }).answer;
    const [audio] = linesOf(createOffer({ ...bob, codecs: [opus, pcmu, events] }, { previous }));
    expect(audio?.codecs.map(({ name, payloadType }) => [name, payloadType])).toEqual([
      ['opus', 101],
      ['pcmu', 0],
      ['telephone-event', 96],
    ]);
  });

  it.each<[string, Partial<LocalMedia>]>([
    ['no address', { address: 'example.com' }],
    ['no port', { port: 0 }],
    ['no codec', { codecs: [] }],
    ['a line end in a parameter', { codecs: [{ ...pcmu, fmtp: 'x\r\nm=audio 1 RTP/AVP 0' }] }],
    ['a name that is no token', { codecs: [{ ...pcmu, name: 'a b' }] }],
    ['a payload type out of range', { codecs: [{ ...pcmu, payloadType: 128 }] }],
    ['a session id that is no number', { sessionId: 'x' }],
    ['half a version', { version: 1.5 }],
    ['a packet time of nothing', { ptimeMs: 0 }],
    ['broken credentials of ICE', { ice: { ufrag: 'x', pwd: 'y', lite: true, candidates: [] } }],
  ])('is not written with %s', (_, changes) => {
    expect(() => createOffer({ ...alice, ...changes })).toThrow(
      expect.objectContaining({ code: 'BAD_MEDIA_DESCRIPTION' }),
    );
  });
});

describe('an offer and its answer (RFC 3264 §6)', () => {
  it("agree on the offer's order of what both have, seen from both sides", () => {
    const offer = createOffer(alice);
    const { answer, media } = answered(offer, { ...bob, codecs: [pcma, pcmu, events] });
    const seen = applied(offer, answer);
    expect(seen.send.codec.name).toBe('pcmu');
    expect(media.send.codec.name).toBe('pcmu');
    expect(seen.receive.map(({ payloadType }) => payloadType)).toEqual([0, 8]);
    expect(seen.remote).toEqual({
      address: '192.0.2.2',
      port: 30_000,
      rtcp: { address: '192.0.2.2', port: 30_001 },
    });
  });

  it("answers under the offer's numbers", () => {
    const offer = offerOf(
      'm=audio 5004 RTP/AVP 113 97',
      'a=rtpmap:113 pcma/8000',
      'a=rtpmap:97 TELEPHONE-EVENT/8000',
    );
    const { answer, media } = answered(offer);
    expect(answer).toContain('m=audio 30000 RTP/AVP 113 97\r\na=rtpmap:113 PCMA/8000\r\n');
    expect(media.telephoneEvent).toMatchObject({
      sendPayloadType: 97,
      receivePayloadType: 97,
      clockRate: 8000,
      events: '0-15',
    });
  });

  it('lets each side keep numbers of its own', () => {
    const ilbc = { name: 'ilbc', payloadType: 96, clockRate: 8000 };
    const offer = createOffer({ ...alice, codecs: [ilbc, events] });
    const answer = createOffer({
      ...bob,
      codecs: [
        { ...ilbc, payloadType: 101 },
        { ...events, payloadType: 96 },
      ],
    });
    expect(applied(offer, answer)).toMatchObject({
      send: { payloadType: 101 },
      receive: [{ payloadType: 96 }],
      telephoneEvent: { sendPayloadType: 96, receivePayloadType: 101 },
    });
  });

  it('knows static payload types without rtpmap (RFC 3551 §6)', () => {
    const { media } = answered(offerOf('m=audio 5004 RTP/AVP 18 8 0'));
    expect(media.receive.map(({ codec }) => codec.name)).toEqual(['pcma', 'pcmu']);
  });

  it('believes an rtpmap more than the static table (RFC 8866 §6.6)', () => {
    const outcome = negotiateAnswer({
      offer: offerOf('m=audio 5004 RTP/AVP 0', 'a=rtpmap:0 G726-32/8000'),
      local: bob,
    });
    expect(outcome).toMatchObject(refused('NO_COMMON_CODEC'));
  });

  it('tells codecs of different clock rates and channels apart', () => {
    for (const map of ['PCMU/16000', 'PCMU/8000/2']) {
      const offer = offerOf('m=audio 5004 RTP/AVP 96', `a=rtpmap:96 ${map}`);
      expect(negotiateAnswer({ offer, local: bob })).toMatchObject(refused('NO_COMMON_CODEC'));
    }
  });

  it('takes digits at the clock rate of the voice, else at another', () => {
    const offer = offerOf(
      'm=audio 5004 RTP/AVP 96 100 101',
      'a=rtpmap:96 opus/48000/2',
      'a=rtpmap:100 telephone-event/8000',
      'a=rtpmap:101 telephone-event/48000',
      'a=fmtp:101 0-15',
    );
    const wide = { ...events, payloadType: 102, clockRate: 48_000 };
    const { media } = answered(offer, { ...bob, codecs: [opus, events, wide] });
    expect(media.telephoneEvent).toMatchObject({ sendPayloadType: 101, events: '0-15' });
    const narrow = answered(offer, { ...bob, codecs: [opus, events] });
    expect(narrow.media.telephoneEvent).toMatchObject({ sendPayloadType: 100, clockRate: 8000 });
  });

  it('take RTP/AVPF as RTP/AVP, and RTCP on one port where offered (RFC 4585, RFC 5761)', () => {
    const offer = offerOf('m=audio 5004 RTP/AVPF 0', 'a=rtcp-mux');
    const { answer, media } = answered(offer);
    expect(answer).toContain('m=audio 30000 RTP/AVPF 0\r\n');
    expect(media).toMatchObject({ rtcpMux: true, remote: { rtcp: { port: 5004 } } });
    expect(applied(offer, answer).rtcpMux).toBe(true);
    expect(applied(createOffer(alice), createOffer({ ...bob, rtcpMux: true })).rtcpMux).toBe(false);
  });

  it('take RTCP elsewhere where RFC 3605 says so', () => {
    const bare = answered(offerOf('m=audio 5004 RTP/AVP 0', 'a=rtcp:5010'));
    expect(bare.media.remote.rtcp).toEqual({ address: '192.0.2.9', port: 5010 });
    const full = answered(offerOf('m=audio 5004 RTP/AVP 0', 'a=rtcp:5010 IN IP6 2001:db8::7'));
    expect(full.media.remote.rtcp).toEqual({ address: '2001:db8::7', port: 5010 });
  });

  it.each([
    [[], 20],
    [['a=ptime:30'], 30],
    [['a=ptime:60', 'a=maxptime:40'], 40],
    [['a=ptime:0'], 20],
    [['a=ptime:5000'], 100],
    [['a=ptime:1'], 10],
    [['a=ptime:soon'], 20],
  ])('send packets as %j asks', (attributes, ptimeMs) => {
    const { media } = answered(offerOf('m=audio 5004 RTP/AVP 0', ...attributes));
    expect(media.ptimeMs).toBe(ptimeMs);
  });
});

const offering = (direction: MediaDirection) => createOffer({ ...alice, direction });
const answering = (direction: MediaDirection) => createOffer({ ...bob, direction });

describe('direction (RFC 3264 §6.1)', () => {
  it.each<[offered: string, ours: MediaDirection, answer: MediaDirection, hold: boolean]>([
    ['sendrecv', 'sendrecv', 'sendrecv', false],
    ['sendonly', 'sendrecv', 'recvonly', true],
    ['recvonly', 'sendrecv', 'sendonly', false],
    ['inactive', 'sendrecv', 'inactive', true],
    ['sendrecv', 'sendonly', 'sendonly', false],
    ['sendonly', 'sendonly', 'inactive', true],
    ['recvonly', 'inactive', 'inactive', false],
  ])('of an offer %s to a side of %s becomes %s', (offered, ours, direction, hold) => {
    const offer = offerOf('m=audio 5004 RTP/AVP 0', `a=${offered}`);
    const { answer, media } = answered(offer, { ...bob, direction: ours });
    expect(media).toMatchObject({ direction, hold });
    expect(linesOf(answer)[0]?.direction).toBe(direction);
  });

  it('of the session holds for lines that state none (RFC 8866 §6.7)', () => {
    const session = offerOf('a=sendonly', 'm=audio 5004 RTP/AVP 0');
    expect(answered(session).media.direction).toBe('recvonly');
    const line = offerOf('a=sendonly', 'm=audio 5004 RTP/AVP 0', 'a=sendrecv');
    expect(answered(line).media.direction).toBe('sendrecv');
  });

  it.each(['IP4 0.0.0.0', 'IP6 ::', 'IP6 0:0:0:0:0:0:0:0'])(
    'is an old hold at %s (RFC 3264 §8.4)',
    (address) => {
      const offer = offerOf('m=audio 5004 RTP/AVP 0', `c=IN ${address}`);
      expect(answered(offer).media).toMatchObject({ direction: 'recvonly', hold: true });
      const inactive = offerOf('m=audio 5004 RTP/AVP 0', `c=IN ${address}`, 'a=recvonly');
      expect(answered(inactive).media).toMatchObject({ direction: 'inactive', hold: true });
    },
  );

  it('tells in an answer whether we are held, or only got what we asked for', () => {
    expect(applied(offering('sendrecv'), answering('sendonly'))).toMatchObject({
      direction: 'recvonly',
      hold: true,
    });
    expect(applied(offering('sendonly'), answering('recvonly'))).toMatchObject({
      direction: 'sendonly',
      hold: false,
    });
    expect(applied(offering('sendonly'), answering('inactive')).hold).toBe(true);
    expect(applied(offering('inactive'), answering('inactive')).hold).toBe(false);
    const zero = answering('sendrecv').replace('c=IN IP4 192.0.2.2', 'c=IN IP4 0.0.0.0');
    expect(applied(offering('sendrecv'), zero)).toMatchObject({
      direction: 'recvonly',
      hold: true,
    });
  });
});

describe('media lines (RFC 3264 §6)', () => {
  it('that we do not take are answered with port 0, in their places', () => {
    const offer = offerOf(
      'm=video 40000 RTP/AVP 31 32',
      'm=audio 5004/2 RTP/AVP 0',
      'm=audio 5008 RTP/AVP 8',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'm=image 5012 udptl t38',
    );
    expect(answered(offer).answer.match(/^m=.*/gm)).toEqual([
      'm=video 0 RTP/AVP 31 32',
      'm=audio 30000 RTP/AVP 0',
      'm=audio 0 RTP/AVP 8',
      'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
      'm=image 0 UDPTL t38',
    ]);
  });

  it('in plain RTP are found behind encrypted ones', () => {
    const offer = offerOf('m=audio 5004 RTP/SAVP 0', 'm=audio 5006 RTP/AVP 0');
    expect(answered(offer).answer).toContain('m=audio 0 RTP/SAVP 0\r\nm=audio 30000 RTP/AVP 0');
  });

  it('may have an address of their own, and several', () => {
    const own = answered(offerOf('m=audio 5004 RTP/AVP 0', 'c=IN IP6 2001:db8::5'));
    expect(own.media.remote.address).toBe('2001:db8::5');
    const two = offerOf('m=audio 5004 RTP/AVP 0', 'c=IN IP4 224.2.1.1/127', 'c=IN IP4 192.0.2.7');
    expect(answered(two).media.remote.address).toBe('192.0.2.7');
  });

  it.each([
    ['no audio', ['m=video 5004 RTP/AVP 31'], 'NO_AUDIO'],
    ['no line at all', [], 'NO_AUDIO'],
    ['audio switched off', ['m=audio 0 RTP/AVP 0'], 'NO_AUDIO'],
    ['SRTP', ['m=audio 5004 RTP/SAVP 0'], 'UNSUPPORTED_PROFILE'],
    ['DTLS', ['m=audio 5004 UDP/TLS/RTP/SAVPF 0'], 'UNSUPPORTED_PROFILE'],
    ['strange codecs', ['m=audio 5004 RTP/AVP 18 4'], 'NO_COMMON_CODEC'],
    [
      'digits alone',
      ['m=audio 5004 RTP/AVP 9', 'a=rtpmap:9 telephone-event/8000'],
      'NO_COMMON_CODEC',
    ],
    ['multicast', ['m=audio 5004 RTP/AVP 0', 'c=IN IP4 224.2.1.1/127'], 'BAD_ADDRESS'],
  ])('with %s make an offer refused', (_, lines, code) => {
    expect(negotiateAnswer({ offer: offerOf(...lines), local: bob })).toMatchObject(refused(code));
  });

  it('without an address make an offer refused', () => {
    const offer = offerOf('m=audio 5004 RTP/AVP 0').replace(/^c=.*\r\n/m, '');
    expect(negotiateAnswer({ offer, local: bob })).toMatchObject(refused('BAD_ADDRESS'));
  });

  it('must be as many in the answer, with audio among them', () => {
    const offer = createOffer(alice);
    const more = `${createOffer(bob)}m=video 0 RTP/AVP 31\r\n`;
    expect(applyAnswer({ offer, answer: more })).toMatchObject(refused('LINE_COUNT'));
    const off = createOffer(bob).replace('m=audio 30000', 'm=audio 0');
    expect(applyAnswer({ offer, answer: off })).toMatchObject(refused('AUDIO_REJECTED'));
    const other = createOffer({ ...bob, codecs: [opus] });
    expect(applyAnswer({ offer, answer: other })).toMatchObject(refused('NO_COMMON_CODEC'));
    const savp = createOffer(bob).replace('RTP/AVP', 'RTP/SAVP');
    expect(applyAnswer({ offer, answer: savp })).toMatchObject(refused('UNSUPPORTED_PROFILE'));
  });
});

describe('formats (RFC 3264 §6.1)', () => {
  const amr = (payloadType: number, fmtp?: string): CodecDescription => ({
    name: 'amr',
    payloadType,
    clockRate: 8000,
    ...(fmtp !== undefined && { fmtp }),
  });
  const ilbc = (fmtp?: string): CodecDescription => ({ ...amr(97, fmtp), name: 'ilbc' });
  const g729 = (fmtp?: string): CodecDescription => ({ ...amr(18, fmtp), name: 'g729' });

  it('are other ones where their parameters say what the bytes are', () => {
    const offer = offerOf(
      'm=audio 5004 RTP/AVP 96 97 98',
      'a=rtpmap:96 AMR/8000',
      'a=fmtp:96 octet-align=1; mode-set=0,2',
      'a=rtpmap:97 AMR/8000',
      'a=rtpmap:98 G7221/16000',
      'a=fmtp:98 bitrate=32000',
    );
    expect(answered(offer, { ...bob, codecs: [amr(100)] }).media.send.payloadType).toBe(97);
    const aligned = { ...bob, codecs: [amr(100, 'octet-align=1')] };
    expect(answered(offer, aligned).media.send.payloadType).toBe(96);
    const siren = { name: 'g7221', payloadType: 100, clockRate: 16_000, fmtp: 'bitrate=24000' };
    expect(negotiateAnswer({ offer, local: { ...bob, codecs: [siren] } })).toMatchObject(
      refused('NO_COMMON_CODEC'),
    );
  });

  it.each([
    ['ilbc', ilbc, 'a=rtpmap:97 iLBC/8000', 'mode=20', 'mode=20', 'mode=20'],
    ['ilbc', ilbc, 'a=rtpmap:97 iLBC/8000', 'mode=20', 'mode=30', 'mode=30'],
    ['ilbc', ilbc, 'a=rtpmap:97 iLBC/8000', 'mode=30', 'mode=20', 'mode=30'],
    ['g729', g729, 'a=rtpmap:18 G729/8000', 'annexb=no', 'annexb=yes', 'annexb=no'],
    ['g729', g729, 'a=rtpmap:18 G729/8000', 'annexb=yes', 'annexb=no', 'annexb=no'],
  ] as const)('of %s are answered with what both can do', (...row) => {
    const [, make, map, theirs, ours, expected] = row;
    const { payloadType } = make();
    const offer = offerOf(
      `m=audio 5004 RTP/AVP ${payloadType}`,
      map,
      `a=fmtp:${payloadType} ${theirs}`,
    );
    const { answer } = answered(offer, { ...bob, codecs: [make(ours)] });
    expect(answer).toContain(`a=fmtp:${payloadType} ${expected}\r\n`);
  });

  it('of Opus and G.722 are known however they are written', () => {
    const offer = offerOf(
      'm=audio 5004 RTP/AVP 111 9',
      'a=rtpmap:111 opus/48000',
      'a=rtpmap:9 G722/16000',
    );
    const g722 = { name: 'g722', payloadType: 9, clockRate: 8000 };
    const { media, answer } = answered(offer, { ...bob, codecs: [opus, g722] });
    expect(media.receive.map(({ payloadType }) => payloadType)).toEqual([111, 9]);
    expect(answer).toContain('a=rtpmap:111 opus/48000/2\r\na=rtpmap:9 G722/8000\r\n');
  });

  it('TS-25 stand in our order where we want that', () => {
    const offer = createOffer(alice);
    const ours = { ...bob, codecs: [pcma, pcmu, events], codecOrder: 'ours' } as const;
    const { answer, media } = answered(offer, ours);
    expect(answer).toContain('RTP/AVP 8 0 101\r\n');
    expect([media.send.codec.name, applied(offer, answer).send.codec.name]).toEqual([
      'pcma',
      'pcma',
    ]);
  });

  it('for what is sent and received may differ (RFC 3264 §6.1)', () => {
    const offer = createOffer({ ...alice, codecs: [pcmu, pcma] });
    const answer = createOffer({ ...bob, codecs: [pcma, pcmu] });
    const media = applied(offer, answer);
    expect(media.send.codec.name).toBe('pcma');
    expect(media.receive.map(({ codec }) => codec.name)).toEqual(['pcma', 'pcmu']);
    expect(media.sendable.map(({ codec }) => codec.name)).toEqual(['pcma', 'pcmu']);
  });

  it("may come under the other side's own numbers, where these mean nothing else", () => {
    const offer = createOffer({ ...alice, codecs: [{ ...opus, payloadType: 96 }, pcmu, events] });
    const own = [{ ...opus, payloadType: 111 }, pcmu, { ...events, payloadType: 96 }];
    const media = applied(offer, createOffer({ ...bob, codecs: own }));
    expect(media.send.payloadType).toBe(111);
    expect(media.receive.map(({ codec, payloadType }) => [codec.name, payloadType])).toEqual([
      ['opus', 96],
      ['pcmu', 0],
      ['opus', 111],
    ]);
    expect(media.telephoneEvent?.receive.map(({ payloadType }) => payloadType)).toEqual([101]);
  });

  it('of digits are taken at every clock rate that both have', () => {
    const wide = { ...events, payloadType: 102, clockRate: 48_000 };
    const codecs = [opus, pcmu, events, wide];
    const { media } = answered(createOffer({ ...alice, codecs }), { ...bob, codecs });
    expect(media.telephoneEvent).toMatchObject({
      sendPayloadType: 102,
      clockRate: 48_000,
      receive: [
        { payloadType: 101, codec: { clockRate: 8000 } },
        { payloadType: 102, codec: { clockRate: 48_000 } },
      ],
    });
  });

  it.each<[events: string | undefined, event: number, expected: boolean]>([
    [undefined, 15, true],
    [undefined, 16, false],
    ['0-15', 11, true],
    ['0-9,11', 10, false],
    ['0-11,66,70', 70, true],
    ['nonsense', 1, false],
  ])('of digits named by %s have %i: %s', (list, event, expected) => {
    expect(includesEvent(list, event)).toBe(expected);
  });

  it('of comfort noise are told at the clock rate of the voice', () => {
    const noise = { name: 'cn', payloadType: 13, clockRate: 8000 };
    const { media } = answered(createOffer({ ...alice, codecs: [pcmu, noise] }), {
      ...bob,
      codecs: [pcmu, noise],
    });
    expect(media.comfortNoise).toEqual({
      sendPayloadType: 13,
      receivePayloadType: 13,
      clockRate: 8000,
    });
    const wide = answered(createOffer({ ...alice, codecs: [opus, pcmu, noise] }), {
      ...bob,
      codecs: [opus, noise],
    });
    expect(wide.media.comfortNoise).toBeUndefined();
  });

  it('are sent in packets as long as we like where the other side does not say', () => {
    const offer = offerOf('m=audio 5004 RTP/AVP 0');
    expect(answered(offer, { ...bob, ptimeMs: 30 }).media.ptimeMs).toBe(30);
    const wanting = createOffer({ ...alice, ptimeMs: 40 });
    expect(applied(wanting, createOffer(bob)).ptimeMs).toBe(40);
    expect(answered(wanting, { ...bob, ptimeMs: 30 }).media.ptimeMs).toBe(40);
  });
});

describe('a later round (RFC 3264 §8)', () => {
  const { media: agreed, answer: previous } = answered(createOffer(alice));

  it('switches audio off with port 0 and is answered in kind (RFC 3264 §8.2)', () => {
    const off = offerOf('m=audio 0 RTP/AVP 0', 'm=video 0 RTP/AVP 31');
    expect(negotiateAnswer({ offer: off, local: bob })).toMatchObject(refused('NO_AUDIO'));
    const outcome = negotiateAnswer({ offer: off, local: bob, agreed });
    expect(outcome).toMatchObject({ media: { direction: 'inactive', hold: true } });
    expect(outcome.ok && outcome.answer.match(/^m=.*/gm)).toEqual(off.match(/^m=.*/gm));
  });

  it('may be answered with port 0 by the other side', () => {
    const offer = createOffer(bob, { previous, agreed });
    const answer = createOffer(alice).replace('m=audio 20000', 'm=audio 0');
    expect(applyAnswer({ offer, answer })).toMatchObject(refused('AUDIO_REJECTED'));
    expect(applyAnswer({ offer, answer, agreed })).toMatchObject({
      media: { direction: 'inactive', hold: true },
    });
  });

  it('takes the place of a line that was switched off, so that lines do not grow', () => {
    const off = previous.replace('m=audio 30000', 'm=audio 0');
    const again = linesOf(createOffer(bob, { previous: off }));
    expect(again.map(({ kind, port }) => [kind, port])).toEqual([['audio', 30_000]]);
  });

  it('holds from both sides, one after the other, and resumes in any order', () => {
    const held = answered(offering('sendonly'), { ...bob, direction: 'sendonly' });
    expect(held.media).toMatchObject({ direction: 'inactive', hold: true });
    const half = answered(offering('sendrecv'), { ...bob, direction: 'sendonly' });
    expect(half.media).toMatchObject({ direction: 'sendonly', hold: false });
    expect(answered(offering('sendrecv')).media).toMatchObject({
      direction: 'sendrecv',
      hold: false,
    });
  });

  it('plays music on hold: what is held still hears (RFC 7088)', () => {
    const music = applied(offering('sendonly'), answering('recvonly'));
    expect(music).toMatchObject({ direction: 'sendonly', hold: false });
    expect(answered(offering('sendonly')).media).toMatchObject({
      direction: 'recvonly',
      hold: true,
    });
  });
});
