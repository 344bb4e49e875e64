import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { levelDbm0, pcmuDecode } from '../src/index.ts';
import { silencePacket } from '../src/core/muted-packet.ts';
import { G722Decoder } from '../src/codec/g722.ts';
import { emptyRtpHeader } from '../src/rtp/rtp.ts';
import { engineOn, listening, mediaSimulation, RawPhone, type Seen } from './simulated.ts';

const TONE = { type: 'tone', frequencyHz: 440 } as const;
const SILENT = (packet: Seen): boolean => packet.payload.every((byte) => byte === 0xff);

async function phoneCall(formats = '0 101', options = {}) {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, { name: 'alice', address: '10.0.0.1' }, options);
  const phone = await RawPhone.on(simulation, { name: 'bob', address: '10.0.0.2' });
  onTestFinished(() => engine.close());
  const { endpoint } = await listening(engine);
  await endpoint.acceptOffer(phone.describe(formats, 'a=rtpmap:101 telephone-event/8000'));
  const since = async (ms: number): Promise<Seen[]> => {
    const before = phone.rtp.length;
    await simulation.run(ms);
    return phone.rtp.slice(before);
  };
  return { simulation, engine, phone, endpoint, since };
}

/** Whether one stream went on by its numbers and its time, nothing lost, nothing late. */
function isOneStream(packets: readonly Seen[]): boolean {
  return packets.slice(1).every(({ sequence, timestamp, at }, index) => {
    const before = packets[index];
    if (before === undefined) return false;
    const isNext = sequence === ((before.sequence + 1) & 0xffff);
    return isNext && timestamp - before.timestamp === (at - before.at) * 8;
  });
}

describe('an endpoint that is muted', () => {
  it('sends silence in the place of what is played, and its stream goes on', async () => {
    const { endpoint, phone, since } = await phoneCall();
    endpoint.play(TONE);
    expect((await since(200)).some(SILENT)).toBe(false);
    await endpoint.mute(true);
    const muted = await since(1000);
    expect([muted.length, muted.every(SILENT)]).toEqual([50, true]);
    await endpoint.mute(false);
    expect((await since(200)).some(SILENT)).toBe(false);
    expect(isOneStream(phone.rtp)).toBe(true);
  });

  it('lets time go on: what is played meanwhile is over, and who writes does not wait', async () => {
    const { endpoint, since } = await phoneCall();
    await endpoint.mute(true);
    const { finished } = endpoint.play(TONE, { durationMs: 500 });
    const reached = endpoint.mark('end');
    await since(600);
    expect(await finished).toEqual({ playedMs: 500, stopped: false });
    expect(await reached).toEqual({ name: 'end', reached: true });
    const writer = endpoint.audioOut().getWriter();
    let written = 0;
    const writing = (async () => {
      for (; written < 50; written++) {
        const samples = new Int16Array(160).fill(9000);
        await writer.write({ samples, sampleRate: 8000, timestamp: 160 * written });
      }
    })();
    expect((await since(1500)).every(SILENT)).toBe(true);
    await writing;
    expect(written).toBe(50);
  });

  it.each(['rtp', 'inband'] as const)('sends digits all the same: %s', async (via) => {
    const { endpoint, since } = await phoneCall();
    endpoint.play(TONE);
    await endpoint.mute(true);
    const sent = endpoint.sendDigits('5', { via });
    const packets = await since(300);
    await sent;
    const events = packets.filter(({ payloadType }) => payloadType === 101);
    const loud = packets.filter((packet) => packet.payloadType === 0 && !SILENT(packet));
    expect([events.length > 4, loud.length > 3]).toEqual(
      via === 'rtp' ? [true, false] : [false, true],
    );
  });

  it('tells silence as comfort noise where that was agreed', async () => {
    const { endpoint, since } = await phoneCall('0 13 101', { comfortNoise: true });
    endpoint.play(TONE);
    await since(500);
    await endpoint.mute(true);
    await since(500); // the gate stays open for a moment
    const muted = await since(2000);
    expect(muted.every(({ payloadType }) => payloadType === 13)).toBe(true);
    expect(muted.length).toBeLessThan(4);
    await endpoint.mute(false);
    const [first] = await since(200);
    expect(first).toMatchObject({ payloadType: 0, marker: true });
  });

  it('is silent in a recording of both sides as well', async () => {
    const { endpoint, since } = await phoneCall();
    const path = `${process.env['TMPDIR'] ?? '/tmp'}/strowger-mute-${process.pid}.wav`;
    endpoint.play(TONE);
    const recording = await endpoint.record(path, { channels: 'stereo' });
    await since(1000);
    await endpoint.mute(true);
    await since(1000);
    await recording.stop();
    const file = await readFile(path);
    const samples = new Int16Array(file.buffer, file.byteOffset + 44, (file.length - 44) / 2);
    const said = samples.filter((_, at) => at % 2 === 1);
    expect(levelDbm0(said.subarray(800, 7200))).toBeGreaterThan(-20);
    expect(said.subarray(8160).every((sample) => sample === 0)).toBe(true);
  });
});

async function relayed(formats: string) {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, { name: 'pbx', address: '10.0.0.1' });
  onTestFinished(() => engine.close());
  const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
  const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1', port: 6000 });
  const relay = await engine.openRelay({ label: 'call', onEvent() {} });
  const lines = ['a=rtpmap:101 telephone-event/8000', 'a=rtpmap:111 opus/48000/2'];
  const answering = relay.a.acceptOffer(near.describe(formats, ...lines));
  await relay.b.createOffer();
  await relay.b.acceptAnswer(far.describe(formats, ...lines));
  await answering;
  const local = (await relay.a.stats()).local ?? { address: '', port: 0 };
  let sequence = 0;
  const talk = async (packets: number, payloadType: number): Promise<Seen[]> => {
    const before = far.rtp.length;
    for (let at = 0; at < packets; at++) {
      const timestamp = sequence * 160;
      near.send(local, { payloadType, sequence: sequence++, timestamp }, Array(160).fill(0x21));
      await simulation.run(20);
    }
    return far.rtp.slice(before);
  };
  return { simulation, relay, far, talk };
}

describe('an end of a relay that is muted', () => {
  it('sends its peer silence under the numbers of the same stream', async () => {
    const { relay, far, talk } = await relayed('0 101');
    await talk(10, 0);
    await relay.b.mute(true);
    const muted = await talk(10, 0);
    expect([muted.length, muted.every(SILENT)]).toEqual([10, true]);
    expect(await talk(1, 101)).toHaveLength(1); // a digit
    await relay.b.mute(false);
    expect((await talk(10, 0)).some(SILENT)).toBe(false);
    expect(isOneStream(far.rtp)).toBe(true);
  });

  it('sends nothing where silence would have to be encoded, and nothing seems lost', async () => {
    const { relay, far, talk } = await relayed('111');
    await talk(10, 111);
    await relay.b.mute(true);
    expect(await talk(10, 111)).toEqual([]);
    await relay.b.mute(false);
    expect(await talk(10, 111)).toHaveLength(10);
    const gaps = far.rtp
      .slice(1)
      .map(({ sequence }, at) => sequence - (far.rtp[at]?.sequence ?? 0));
    expect(new Set(gaps.map((gap) => gap & 0xffff))).toEqual(new Set([1]));
  });
});

describe('silence in place of a packet', () => {
  const inside = (name: string, payload: readonly number[]) => {
    const packet = Uint8Array.from([...Array(12).fill(0x80), ...payload]);
    const header = {
      ...emptyRtpHeader(),
      payloadType: 9,
      payloadStart: 12,
      payloadEnd: packet.length,
    };
    const codec = { name, clockRate: 8000, payloadType: 9 };
    const isSilent = silencePacket(packet, header, { receive: [{ codec, payloadType: 9 }] });
    return { isSilent, payload: packet.subarray(12) };
  };

  it('is silence where it is decoded', () => {
    const loud = Array.from({ length: 160 }, (_, at) => (at * 37) & 0xff);
    const { payload } = inside('pcmu', loud);
    expect(levelDbm0(pcmuDecode(payload))).toBeLessThan(-80);
    const wide = new Int16Array(320);
    new G722Decoder().decode(inside('g722', loud).payload, wide);
    expect(levelDbm0(wide)).toBeLessThan(-50);
  });

  it('is the least noise where noise was told, and refused where nobody can write it', () => {
    expect([...inside('cn', [30]).payload]).toEqual([127]);
    expect(inside('opus', [1, 2, 3])).toMatchObject({ isSilent: false });
    expect([...inside('opus', [1, 2, 3]).payload]).toEqual([1, 2, 3]);
  });
});
