import { describe, expect, it } from 'vitest';
import type { MediaEndpoint } from '../src/index.ts';
import { engineOn, mediaSimulation, RawPhone } from './simulated.ts';

const VIDEO = ['a=rtpmap:96 VP8/90000', 'a=rtcp-fb:96 nack pli', 'a=x-unknown:1 2 3', 'b=AS:512'];

async function story() {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, { name: 'pbx', address: '10.0.0.1' });
  const phone = (name: string, address: string, port: number) =>
    RawPhone.on(simulation, { name, address, port });
  const near = await phone('near', '10.0.1.1', 4000);
  const far = await phone('far', '10.0.2.1', 6000);
  const camera = await phone('camera', '10.0.1.2', 5000);
  const screen = await phone('screen', '10.0.2.2', 7000);
  const relay = await engine.openRelay({ label: 'call', onEvent() {} });
  return { simulation, engine, near, far, camera, screen, relay };
}

async function pass(from: MediaEndpoint, to: MediaEndpoint, offer: string, answer: string) {
  const answering = from.acceptOffer(offer);
  const forwarded = await to.createOffer();
  await to.acceptAnswer(answer);
  return { forwarded, answered: await answering };
}

const video = (address: string, port: number, ...lines: string[]) =>
  [`m=video ${port} RTP/AVP 96`, `c=IN IP4 ${address}`, ...lines].join('\r\n');
const nearVideo = video('10.0.1.2', 5000, ...VIDEO);
const farVideo = video('10.0.2.2', 7000, ...VIDEO);

function videoOf(sdp: string): { line: string; port: number; lines: string[] } {
  const [, rest = ''] = sdp.split('m=video ');
  const [head = '', ...lines] = rest.split('\r\n').filter((line) => line !== '');
  return { line: `m=video ${head}`, port: Number(head.split(' ')[0]), lines };
}

describe('video through a relay', () => {
  it('passes both ways, byte for byte, and its RTCP with it', async () => {
    const { simulation, engine, near, far, camera, screen, relay } = await story();
    const offer = near.describe('0', nearVideo, '');
    const { forwarded, answered } = await pass(
      relay.a,
      relay.b,
      offer,
      far.describe('0', farVideo),
    );
    const [toFar, toNear] = [videoOf(forwarded), videoOf(answered)];
    expect(toFar.lines.sort()).toEqual([...VIDEO, 'a=sendrecv'].sort());
    expect(toNear.lines.sort()).toEqual([...VIDEO, 'a=sendrecv'].sort());
    expect(forwarded).not.toContain('10.0.1.');
    expect(answered).not.toContain('10.0.2.');
    const head = { payloadType: 96, sequence: 77, timestamp: 9000, ssrc: 0xbeef, marker: true };
    camera.send({ address: '10.0.0.1', port: toNear.port }, head, [1, 2, 3]);
    screen.send({ address: '10.0.0.1', port: toFar.port }, { ...head, ssrc: 5 }, [4]);
    camera.sendControl(
      { address: '10.0.0.1', port: toNear.port + 1 },
      [0x80, 201, 0, 1, 0, 0, 0, 9],
    );
    await simulation.run(50);
    expect(screen.rtp).toMatchObject([{ ...head, payload: [1, 2, 3] }]);
    expect(camera.rtp).toMatchObject([{ ...head, ssrc: 5, payload: [4] }]);
    expect(screen.rtcp.map(({ bytes }) => [...bytes])).toEqual([[0x80, 201, 0, 1, 0, 0, 0, 9]]);
    expect(engine.usage().ports).toBe(8);
    await relay.a.close();
    await relay.b.close();
    expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
    await engine.close();
  });

  it('keeps its ports while it is held, and gives them back when it is taken away', async () => {
    const { engine, near, far, relay } = await story();
    const offer = near.describe('0', nearVideo);
    const answer = far.describe('0', farVideo);
    const first = await pass(relay.a, relay.b, offer, answer);
    const held = await pass(
      relay.b,
      relay.a,
      far.describe('0', 'a=sendonly', `${farVideo}\r\na=sendonly`),
      near.describe('0', 'a=recvonly', `${nearVideo}\r\na=recvonly`),
    );
    expect(videoOf(held.forwarded)).toMatchObject({ port: videoOf(first.answered).port });
    expect(videoOf(held.forwarded).lines).toContain('a=sendonly');
    expect(videoOf(held.answered).lines).toContain('a=recvonly');
    const off = nearVideo.replace('5000', '0');
    const taken = await pass(
      relay.a,
      relay.b,
      near.describe('0', off),
      far.describe('0', 'm=video 0 RTP/AVP 96'),
    );
    expect(videoOf(taken.forwarded).line).toBe('m=video 0 RTP/AVP 96');
    expect(videoOf(taken.answered).line).toBe('m=video 0 RTP/AVP 96');
    expect(engine.usage().ports).toBe(4);
    await engine.close();
  });

  it('comes to a call later', async () => {
    const { simulation, engine, near, far, camera, screen, relay } = await story();
    await pass(relay.a, relay.b, near.describe('0'), far.describe('0'));
    const added = await pass(
      relay.b,
      relay.a,
      far.describe('0', farVideo),
      near.describe('0', nearVideo),
    );
    screen.send(
      { address: '10.0.0.1', port: videoOf(added.answered).port },
      { payloadType: 96 },
      [1],
    );
    await simulation.run(50);
    expect(camera.rtp).toHaveLength(1);
    await engine.close();
  });

  it('P09: costs no ports where the far end refuses it, or its offer fails', async () => {
    const { engine, near, far, relay } = await story();
    const offer = near.describe('0', nearVideo);
    const refusing = far.describe('0', 'm=video 0 RTP/AVP 96');
    const { answered } = await pass(relay.a, relay.b, offer, refusing);
    expect(videoOf(answered).line).toBe('m=video 0 RTP/AVP 96');
    expect(engine.usage().ports).toBe(4);
    const answering = relay.a.acceptOffer(offer);
    answering.catch(() => {});
    await relay.b.createOffer();
    expect(engine.usage().ports).toBe(8);
    await relay.b.rollback();
    await expect(answering).rejects.toMatchObject({ code: 'MEDIA_NOT_ACCEPTABLE' });
    expect(engine.usage().ports).toBe(4);
    await engine.close();
    expect(engine.usage().ports).toBe(0);
  });

  it('P09: is refused in its place beyond three lines, and so is what cannot pass', async () => {
    const { engine, near, far, relay } = await story();
    const lines = [
      'm=message 9 TCP/MSRP *',
      'm=video 0 RTP/AVP 96',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      ...Array.from({ length: 28 }, (_, at) => `m=video ${5000 + 2 * at} RTP/AVP 96`),
    ];
    const answering = relay.a.acceptOffer(near.describe('0', ...lines));
    answering.catch(() => {});
    const forwarded = await relay.b.createOffer();
    expect(engine.usage().ports).toBe(4 + 3 * 4);
    expect(forwarded.match(/^m=\w+ \d+/gm)?.filter((line) => !line.endsWith(' 0'))).toHaveLength(4);
    expect(forwarded.match(/^m=/gm)).toHaveLength(32);
    await relay.b.acceptAnswer(
      far.describe('0', ...lines.map((line) => line.replace(/ \d+ /, ' 0 '))),
    );
    const answered = await answering;
    expect(answered.match(/^m=\S+/gm)).toEqual(near.describe('0', ...lines).match(/^m=\S+/gm));
    expect(engine.usage().ports).toBe(4);
    await engine.close();
  });

  it('M01: goes to nobody else, whoever sprays its ports', async () => {
    const { simulation, engine, near, far, camera, screen, relay } = await story();
    const thief = await RawPhone.on(simulation, { name: 'thief', address: '10.0.9.9', port: 9000 });
    const { forwarded, answered } = await pass(
      relay.a,
      relay.b,
      near.describe('0', nearVideo),
      far.describe('0', farVideo),
    );
    const [toNear, toFar] = [videoOf(answered).port, videoOf(forwarded).port];
    camera.send({ address: '10.0.0.1', port: toNear }, { payloadType: 96, ssrc: 1 }, [1]);
    await simulation.run(1000);
    for (let sequence = 0; sequence < 200; sequence++) {
      for (const port of [toNear, toFar, toNear + 1, toFar + 1]) {
        thief.send({ address: '10.0.0.1', port }, { payloadType: 96, ssrc: 1, sequence }, [9]);
      }
      camera.send(
        { address: '10.0.0.1', port: toNear },
        { payloadType: 96, ssrc: 1, sequence },
        [1],
      );
      screen.send(
        { address: '10.0.0.1', port: toFar },
        { payloadType: 96, ssrc: 2, sequence },
        [2],
      );
      await simulation.run(20);
    }
    expect([thief.rtp.length, thief.rtcp.length]).toEqual([0, 0]);
    expect(screen.rtp.every(({ payload }) => payload[0] === 1)).toBe(true);
    expect(camera.rtp.every(({ payload }) => payload[0] === 2)).toBe(true);
    expect(camera.rtp).toHaveLength(200);
    await engine.close();
  });
});

describe('audio through a relay', () => {
  const own = ['a=rtpmap:111 opus/48000/2', 'a=rtpmap:101 telephone-event/8000'];
  const theirs = ['a=rtpmap:96 opus/48000/2', 'a=rtpmap:97 telephone-event/8000'];

  it('comes through though the far end sends under numbers of its own', async () => {
    const { simulation, engine, near, far, relay } = await story();
    const { forwarded } = await pass(
      relay.a,
      relay.b,
      near.describe('111 101', ...own),
      far.describe('96 97', ...theirs),
    );
    const port = Number(/^m=audio (\d+)/m.exec(forwarded)?.[1]);
    const to = { address: '10.0.0.1', port };
    far.send(to, { payloadType: 96, sequence: 1, ssrc: 2 }, [1]); // its own number
    far.send(to, { payloadType: 111, sequence: 2, ssrc: 2 }, [2]); // ours, as it should
    far.send(to, { payloadType: 97, sequence: 3, ssrc: 2, marker: true }, [5, 138, 3, 32]);
    await simulation.run(50);
    expect(near.rtp.map(({ payloadType }) => payloadType)).toEqual([111, 111, 101]);
    await engine.close();
  });

  it('is switched off with port 0 and comes back in the same place (RFC 3264 §8.2)', async () => {
    const { simulation, engine, near, far, relay } = await story();
    const first = await pass(relay.a, relay.b, near.describe('0'), far.describe('0'));
    const off = (sdp: string) => sdp.replace(/m=audio \d+/, 'm=audio 0');
    const { forwarded, answered } = await pass(
      relay.a,
      relay.b,
      off(near.describe('0')),
      off(far.describe('0')),
    );
    expect([forwarded, answered].map((sdp) => sdp.match(/^m=.*/gm))).toEqual([
      ['m=audio 0 RTP/AVP 0 8 9 111'],
      ['m=audio 0 RTP/AVP 0'],
    ]);
    const to = { address: '10.0.0.1', port: Number(/^m=audio (\d+)/m.exec(first.answered)?.[1]) };
    near.send(to, { sequence: 1 });
    await simulation.run(50);
    expect(far.rtp).toHaveLength(0);
    const back = await pass(relay.a, relay.b, near.describe('0'), far.describe('0'));
    expect(back.forwarded.match(/^m=.*/gm)).toHaveLength(1);
    near.send(to, { sequence: 2 });
    await simulation.run(50);
    expect(far.rtp).toHaveLength(1);
    await engine.close();
  });
});
