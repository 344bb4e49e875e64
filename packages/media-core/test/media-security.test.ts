import {
  type DatagramIo,
  type DatagramSocket,
  type Endpoint,
  nodeRuntime,
} from '@strowger/runtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createMediaEngine,
  type MediaEndpoint,
  type MediaEndpointEvent,
  type MediaEngine,
  type MediaEngineOptions,
  type MediaStats,
} from '../src/index.ts';
import { RawPhone } from './simulated.ts';

// The checks of media by their ids, on real sockets: each on addresses of its own of this machine.

const PBX = '127.0.0.1';
const NEAR = '127.0.2.1';
const FAR = '127.0.3.1';
const MALLORY = '127.0.66.1';
const runtime = nodeRuntime();

function engineOf(options: Partial<MediaEngineOptions> = {}): MediaEngine {
  const engine = createMediaEngine({
    address: PBX,
    ports: { from: 24_000, to: 24_199 },
    ...options,
  });
  onTestFinished(() => engine.close());
  return engine;
}

async function phone(address: string, port = 4000): Promise<RawPhone> {
  const made = await RawPhone.at(runtime, { address, port });
  onTestFinished(() => made.close());
  return made;
}

/** Looks again and again; the test's own limit ends it. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 2));
}

const control = ({ address, port }: Endpoint): Endpoint => ({ address, port: port + 1 });

async function placeOf(endpoint: MediaEndpoint): Promise<Endpoint> {
  return (await endpoint.stats()).local ?? { address: PBX, port: 0 };
}

/** A call through the PBX, between two phones that say what they are told to. */
async function relayed(options: Partial<MediaEngineOptions> = {}) {
  const engine = engineOf(options);
  const [near, far, mallory] = [await phone(NEAR), await phone(FAR), await phone(MALLORY)];
  const events: MediaEndpointEvent[] = [];
  const onEvent = (_: 'a' | 'b', event: MediaEndpointEvent): unknown => events.push(event);
  const relay = await engine.openRelay({ label: 'call', onEvent });
  const answering = relay.a.acceptOffer(
    near.describe('0 101', 'a=rtpmap:101 telephone-event/8000'),
  );
  await relay.b.createOffer();
  await relay.b.acceptAnswer(far.describe('0 101', 'a=rtpmap:101 telephone-event/8000'));
  await answering;
  const [a, b] = [await placeOf(relay.a), await placeOf(relay.b)];
  let sequence = 0;
  /** A packet of each phone reaches the other one: what came before it was read. */
  const talk = async (): Promise<void> => {
    const heard = [near.rtp.length, far.rtp.length] as const;
    sequence++;
    near.send(a, { sequence, timestamp: sequence * 160, ssrc: 11 }, [1]);
    far.send(b, { sequence, timestamp: sequence * 160, ssrc: 22 }, [2]);
    await until(() => near.rtp.length > heard[0] && far.rtp.length > heard[1]);
  };
  return { engine, near, far, mallory, relay, events, a, b, talk };
}

const payloads = ({ rtp }: RawPhone): number[] => rtp.map(({ payload }) => payload[0] ?? -1);

describe('M01: a stranger who sprays all ports of a call', () => {
  it('is sent nothing and is not heard, before, between and after the packets of the phones', async () => {
    // the phones are no slower than that, however slow this machine is
    const { near, far, mallory, a, b, relay, talk } = await relayed({ sourceGraceMs: 60_000 });
    let sprayed = 0;
    const spray = async (ssrc: number): Promise<void> => {
      for (let sequence = 0; sequence < 200; sequence++, sprayed++) {
        for (const to of [a, b]) mallory.send(to, { sequence: 100 + sequence, ssrc }, [9]);
        if (sequence % 20 > 0) continue;
        for (const to of [a, b]) mallory.sendControl(control(to), [0x80, 201, 0, 1, 0, 0, 0, ssrc]);
        await new Promise((resolve) => setImmediate(resolve)); // no more than a buffer holds
      }
    };
    await spray(11);
    await talk();
    await spray(11); // the SSRC of the phone, as who listens to its RTCP knows
    await talk();
    await spray(33);
    await talk();
    expect([mallory.rtp, mallory.rtcp]).toEqual([[], []]);
    expect([payloads(far), payloads(near)]).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
    const { strangers, remote } = await relay.a.stats();
    expect(strangers).toBeGreaterThan(sprayed / 2);
    expect(remote).toEqual({ address: NEAR, port: 4000 });
  });

  it('is not learned though the phone is silent, for it is not near the address that was agreed', async () => {
    const { far, mallory, a, talk } = await relayed({ sourceGraceMs: 0 });
    for (let sequence = 0; sequence < 200; sequence++) mallory.send(a, { sequence, ssrc: 9 }, [9]);
    await talk();
    expect(payloads(far)).toEqual([1]);
    expect(mallory.rtp).toEqual([]);
  });

  it('from the phone’s own network gives way to the address that was agreed, for good', async () => {
    const { near, far, a, talk } = await relayed({ sourceGraceMs: 0 });
    const roommate = await phone('127.0.2.66');
    for (let sequence = 0; sequence < 4; sequence++) roommate.send(a, { sequence, ssrc: 9 }, [9]);
    await until(() => far.rtp.length > 0);
    await talk();
    for (let sequence = 9; sequence < 200; sequence++) roommate.send(a, { sequence, ssrc: 9 }, [9]);
    await talk();
    expect(payloads(far)).toEqual([9, 1, 1]);
    expect(near.rtp.length).toBe(2);
    expect(roommate.rtp).toEqual([]);
  });
});

describe('M05: RTCP', () => {
  const bye = [0x81, 203, 0, 1, 0, 0, 0, 11];
  const lies: [string, readonly number[]][] = [
    ['BYE', bye],
    ['BYE of somebody else', [0x81, 203, 0, 1, 0, 0, 0, 99]],
    ['BYE with a reason of 255 octets', [...bye.slice(0, 3), 2, ...bye.slice(4), 255, 1, 1, 1]],
    ['four bytes', [0x80, 200, 0, 0]],
    ['APP', [0x80, 204, 0, 2, 0, 0, 0, 11, 65, 66, 67, 68]],
    ['SR with another SSRC', [0x80, 200, 0, 6, 0, 0, 0, 99, ...Array(20).fill(7)]],
    ['XR', [0x80, 207, 0, 3, 0, 0, 0, 11, 4, 0, 0, 1, 9, 9, 9, 9]],
    ['a length that lies', [0x81, 201, 0xff, 0xff, 0, 0, 0, 11]],
    ['31 reports that are not there', [0x9f, 201, 0, 1, 0, 0, 0, 11]],
  ];

  it.each(lies)('ends and stalls nothing: %s', async (_, bytes) => {
    const { near, mallory, a, relay, events, talk } = await relayed();
    await talk();
    for (let again = 0; again < 20; again++) {
      near.sendControl(control(a), bytes);
      near.sendRaw(a, Uint8Array.from(bytes)); // as with rtcp-mux, which was not agreed
      mallory.sendControl(control(a), bytes);
    }
    await talk();
    await talk();
    expect(events.map(({ type }) => type)).toEqual(['started', 'started']);
    expect((await relay.a.stats()).remote).toEqual({ address: NEAR, port: 4000 });
  });

  it('of a stranger moves no reports and is counted', async () => {
    const { mallory, a, relay, talk } = await relayed();
    await talk();
    const before = (await relay.a.stats()).strangers;
    for (let again = 0; again < 5; again++) {
      mallory.sendControl(control(a), [0x80, 201, 0, 1, 0, 0, 0, 11]);
    }
    await until(async () => (await relay.a.stats()).strangers === before + 5);
    await relay.a.close();
    expect(mallory.rtcp).toEqual([]);
  });
});

describe('M09: RTP that no phone sends', () => {
  const head = [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 11];
  const broken: [string, Uint8Array][] = [
    ['one byte', Uint8Array.of(0x80)],
    ['fifteen sources that are not there', Uint8Array.from([0x8f, ...head.slice(1)])],
    ['an extension beyond the packet', Uint8Array.from([0x90, ...head.slice(1), 0, 0, 255, 255])],
    ['padding beyond the packet', Uint8Array.from([0xa0, ...head.slice(1), 1, 2, 255])],
    ['padding of nothing', Uint8Array.from([0xa0, ...head.slice(1), 0])],
    ['9,000 bytes', Uint8Array.from([...head, ...Array(8988).fill(9)])],
    ['another payload type', Uint8Array.from([0x80, 77, ...head.slice(2), 9])],
    ['another time', Uint8Array.from([0x80, 0, 0, 2, 255, 255, 255, 255, 0, 0, 0, 11, 9])],
  ];

  it.each(broken)('is dropped or goes on as it is: %s', async (_, bytes) => {
    const { near, far, a, talk } = await relayed();
    await talk();
    for (let again = 0; again < 20; again++) near.sendRaw(a, bytes);
    await talk();
    await talk();
    expect(payloads(far).filter((one) => one === 1)).toHaveLength(3);
    expect(payloads(far).every((one) => one === 1 || one === 9)).toBe(true);
  });

  it('leaves the jitter buffer below a second, and what a phone says is heard', async () => {
    const engine = engineOf();
    const near = await phone(NEAR);
    const endpoint = await engine.openEndpoint({ label: 'x', onEvent() {} });
    await endpoint.acceptOffer(near.describe('0'));
    const to = await placeOf(endpoint);
    for (let burst = 0; burst < 100; burst++) {
      for (let at = 0; at < 20; at++) {
        const timestamp = (burst * 0x1357_9bdf + at * 160) >>> 0;
        near.send(to, { sequence: (burst * 20 + at) & 0xffff, timestamp }, Array(160).fill(9));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(async () => (await endpoint.stats()).packetsReceived > 1000);
    const { jitterBuffer } = await endpoint.stats();
    expect(jitterBuffer?.targetMs).toBeLessThanOrEqual(1000);
  });
});

describe('M10: digits', () => {
  const digits = (events: readonly MediaEndpointEvent[]): string =>
    events.flatMap((event) => (event.type === 'digit' ? [event.digit] : [])).join('');

  it('of a stranger are none, those of the phone are told once', async () => {
    const { near, mallory, a, events, talk } = await relayed();
    await talk();
    const press = (from: RawPhone, digit: number, timestamp: number): void => {
      for (let at = 0; at < 6; at++) {
        const end = at < 3 ? 10 : 0x8a;
        const payload = [digit, end, (at * 160) >>> 8, (at * 160) & 255];
        from.send(a, { payloadType: 101, sequence: 50 + at, timestamp, ssrc: 11 }, payload);
      }
    };
    press(mallory, 9, 16_000);
    press(near, 5, 16_000);
    press(mallory, 9, 32_000);
    await talk();
    expect(digits(events)).toBe('5');
  });

  it('come no faster than a hand can press, and none lasts for ever', async () => {
    const { near, a, events, talk } = await relayed();
    await talk();
    for (let at = 0; at < 200; at++) {
      const head = { payloadType: 101, sequence: 50 + at, timestamp: 80 * at, ssrc: 11 };
      near.send(a, head, [1, 0x8a, 0, 160]);
      if (at % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await talk();
    expect(digits(events).length).toBeLessThanOrEqual(50); // two seconds of the stream's time
    for (let at = 0; at < 100; at++) {
      const head = {
        payloadType: 101,
        sequence: 300 + at,
        timestamp: 90_000 + at * 65_535,
        ssrc: 11,
      };
      near.send(a, head, [2, 10, 255, 255]); // segments of an event that never ends
      if (at % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await talk();
    expect(digits(events).replaceAll('1', '').length).toBeLessThanOrEqual(1);
  });
});

/** Sockets of a phone whose packets are seen, and from which a test can send others. */
function tapped(): {
  io: DatagramIo;
  sent: Uint8Array[];
  inject(to: Endpoint, bytes: Uint8Array): void;
} {
  const sent: Uint8Array[] = [];
  const sockets: DatagramSocket[] = [];
  const io: DatagramIo = {
    async open(options) {
      const socket = await runtime.datagrams.open(options);
      sockets.push(socket);
      const { local } = socket;
      return {
        local,
        send(packet, to) {
          if (local.port % 2 === 0) sent.push(Uint8Array.from(packet));
          socket.send(packet, to);
        },
        close: () => socket.close(),
      };
    },
  };
  return { io, sent, inject: (to, bytes) => sockets[0]?.send(bytes, to) };
}

/** A phone with SRTP that hears the PBX's echo, and a stranger beside it. */
async function encrypted() {
  const tap = tapped();
  const pbx = engineOf({ srtp: 'required' });
  const client = engineOf({
    address: NEAR,
    srtp: 'required',
    runtime: { ...runtime, datagrams: tap.io },
  });
  const mallory = await phone(MALLORY);
  const events: MediaEndpointEvent[] = [];
  const onEvent = (event: MediaEndpointEvent): unknown => events.push(event);
  const echo = await pbx.openEndpoint({ label: 'echo', onEvent });
  const caller = await client.openEndpoint({ label: 'caller', onEvent() {} });
  await caller.acceptAnswer(await echo.acceptOffer(await caller.createOffer()));
  const to = await placeOf(echo);
  const received = async (count: number): Promise<MediaStats> => {
    await until(async () => (await echo.stats()).packetsReceived >= count);
    return echo.stats();
  };
  await received(3);
  return { ...tap, echo, caller, mallory, events, to, received };
}

describe('M02: SRTP with a bad tag or none', () => {
  it('is dropped before it teaches anything, from whichever address, and counted', async () => {
    const { inject, sent, mallory, echo, events, to, received } = await encrypted();
    const before = await echo.stats();
    const [real = new Uint8Array(0)] = sent;
    const forged = Uint8Array.from(real);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const clear = real.subarray(0, 172);
    for (let again = 0; again < 100; again++) {
      for (const bytes of [forged, clear]) {
        inject(to, bytes);
        mallory.sendRaw(to, bytes);
      }
      if (again % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    mallory.sendControl(control(to), [0x80, 203, 0, 1, 0, 0, 0, 11]);
    const after = await received(before.packetsReceived + 20);
    expect(after.unauthentic).toBeGreaterThan(300);
    expect(after.remote).toEqual(before.remote);
    expect(events.map(({ type }) => type)).toEqual(['secured', 'started', 'intrusion']);
    expect(mallory.rtp).toEqual([]);
  });
});

describe('M03: thousands of SRTP packets that are forged or repeated', () => {
  it('leave the call as it was: none is delivered, none of the phone’s is lost', async () => {
    const { inject, sent, mallory, echo, to, received } = await encrypted();
    await received(20);
    const copies = sent.slice(0, 20);
    const before = await echo.stats();
    let injected = 0;
    for (let round = 0; round < 500; round++) {
      for (const copy of copies) {
        const forged = Uint8Array.from(copy);
        forged[20] = round & 255;
        inject(to, round % 2 ? copy : forged);
        if (round % 5 === 0) mallory.sendRaw(to, copy);
        injected++;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    const after = await received(before.packetsReceived + 10);
    expect(after.unauthentic).toBeGreaterThan(injected / 2); // a kernel may drop of such a flood
    expect(after.packetsReceived).toBeLessThanOrEqual(sent.length);
    expect(after.remote).toEqual(before.remote);
    expect(after.jitterBuffer?.duplicates).toBe(0);
  });
});

describe('M07: ports', () => {
  it('are taken for no offer that is refused, and free again whatever becomes of a call', async () => {
    const engine = engineOf({ ports: { from: 24_200, to: 24_299 }, portRestMs: 0 });
    const near = await phone(NEAR);
    for (let round = 0; round < 200; round++) {
      const endpoint = await engine.openEndpoint({ label: 'flood', onEvent() {} });
      const offer = round % 2 ? near.describe('3') : near.describe('0').replace('AVP', 'AVPX');
      await expect(endpoint.acceptOffer(offer)).rejects.toMatchObject({
        code: 'MEDIA_NOT_ACCEPTABLE',
      });
      expect(engine.usage().ports).toBe(0);
      await endpoint.close();
    }
    for (let round = 0; round < 50; round++) {
      const relay = await engine.openRelay({ label: 'flood', onEvent() {} });
      const answering = relay.a.acceptOffer(near.describe('0'));
      answering.catch(() => {});
      expect(engine.usage().ports).toBe(0);
      await relay.b.createOffer();
      expect(engine.usage().ports).toBe(4);
      if (round % 2) await relay.b.rollback();
      await Promise.all([relay.a.close(), relay.b.close()]);
      expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
    }
  });

  it('that nobody has are not had by whoever asks, and those that were got are kept', async () => {
    const engine = engineOf({ ports: { from: 24_300, to: 24_305 }, portRestMs: 0 });
    const near = await phone(NEAR);
    const open = async (): Promise<MediaEndpoint> => {
      const endpoint = await engine.openEndpoint({ label: 'x', onEvent() {} });
      await endpoint.acceptOffer(near.describe('0'));
      return endpoint;
    };
    const held = [await open(), await open(), await open()];
    const late = await engine.openEndpoint({ label: 'late', onEvent() {} });
    const refused = { code: 'MEDIA_PORTS_EXHAUSTED' };
    await expect(late.acceptOffer(near.describe('0'))).rejects.toMatchObject(refused);
    const relay = await engine.openRelay({ label: 'late', onEvent() {} });
    relay.a.acceptOffer(near.describe('0')).catch(() => {});
    await expect(relay.b.createOffer()).rejects.toMatchObject(refused);
    expect(engine.usage().ports).toBe(6);
    await held[0]?.close();
    expect(await late.acceptOffer(near.describe('0'))).toContain('m=audio');
  });

  it('are free when an endpoint is closed while it gets them', async () => {
    const engine = engineOf({ ports: { from: 24_400, to: 24_499 }, portRestMs: 0 });
    for (let round = 0; round < 20; round++) {
      const endpoint = await engine.openEndpoint({ label: 'x', onEvent() {} });
      const offering = endpoint.createOffer().catch((error: unknown) => error);
      await endpoint.close();
      expect(await offering).toMatchObject({ code: 'MEDIA_CLOSED' });
      expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
    }
  });
});

describe('P09: an offer', () => {
  const head = ['v=0', 'o=- 1 1 IN IP4 127.0.2.1', 's=-', 'c=IN IP4 127.0.2.1', 't=0 0'];
  const audio = 'm=audio 4000 RTP/AVP 0';
  const sdp = (...lines: string[]): string => [...lines, ''].join('\r\n');
  const bad: [string, string][] = [
    ['of a port beyond all ports', sdp(...head, 'm=audio 65536 RTP/AVP 0')],
    ['of a negative port', sdp(...head, 'm=audio -1 RTP/AVP 0')],
    ['of no ports', sdp(...head, 'm=audio 5000/0 RTP/AVP 0')],
    ['of an endless payload type', sdp(...head, audio, 'a=rtpmap:999999999999 x/8000')],
    ['of 10,000 media lines', sdp(...head, ...Array<string>(10_000).fill(audio))],
    ['of 10,000 attributes', sdp(...head, audio, ...Array<string>(10_000).fill('a=x:1'))],
    ['of 500 formats', sdp(...head, `m=audio 4000 RTP/AVP ${Array(500).fill(0).join(' ')}`)],
    ['of no address', sdp(...head.filter((line) => !line.startsWith('c=')), audio)],
    ['of an empty address', sdp('v=0', head[1] ?? '', 's=-', 'c=IN IP4 ', 't=0 0', audio)],
    ['of no media', sdp(...head)],
    ['of nothing', ''],
  ];

  it.each(bad)('%s opens no port, nor one at either end of a relay', async (_, offer) => {
    const engine = engineOf();
    const endpoint = await engine.openEndpoint({ label: 'x', onEvent() {} });
    const told = await endpoint.acceptOffer(offer).catch((error: { code: string }) => error.code);
    if (told !== 'MEDIA_NOT_ACCEPTABLE')
      expect(told).toContain('m=audio'); // it can be read so
    else expect(engine.usage().ports).toBe(0);
    await endpoint.close();
    if (told !== 'MEDIA_NOT_ACCEPTABLE') return;
    const { a, b } = await engine.openRelay({ label: 'x', onEvent() {} });
    let refusal: unknown;
    a.acceptOffer(offer).catch((error: unknown) => (refusal = error));
    await Promise.resolve();
    if (refusal === undefined) await b.createOffer().catch((error: unknown) => (refusal = error));
    expect(refusal).toMatchObject({ code: told });
    expect(engine.usage().ports).toBe(0);
  });
});
