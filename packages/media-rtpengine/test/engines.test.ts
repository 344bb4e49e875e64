import { createSimulation, FakeMediaBackend, type Simulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { NgClient, RtpengineBackend, type RtpengineBackendOptions } from '../src/index.ts';
import { FakeEngine } from './fake-engine.ts';

interface Stage {
  simulation: Simulation;
  one: FakeEngine;
  two: FakeEngine;
}

async function stage(): Promise<Stage> {
  const simulation = createSimulation({ seed: 1 });
  const one = await FakeEngine.on(simulation, 'one', '10.0.0.1');
  const two = await FakeEngine.on(simulation, 'two', '10.0.0.2');
  return { simulation, one, two };
}

function backendOn(
  { simulation, one, two }: Stage,
  options: Partial<RtpengineBackendOptions> = {},
): RtpengineBackend {
  const { runtime } = simulation.network.host('pbx', { address: '10.0.0.9' });
  return new RtpengineBackend({
    engines: [one.engine, two.engine],
    terminal: new FakeMediaBackend({ address: '10.0.0.9' }),
    runtime,
    ...options,
  });
}

/** A relay whose offer was made: its call is at an engine. */
async function relayed({ simulation }: Stage, media: RtpengineBackend) {
  const events: string[] = [];
  const relay = await media.openRelay({
    label: 'relay',
    onEvent: (end, { type }) => events.push(`${end} ${type}`),
  });
  const offering = relay.b.createOffer();
  await simulation.run(10_000);
  await offering;
  return { relay, events };
}

async function closed(simulation: Simulation, media: { close(): Promise<void> }): Promise<void> {
  const closing = media.close();
  await simulation.run(10_000);
  await closing;
  expect(simulation.clock.armedTimers).toBe(0);
}

describe('a command', () => {
  it('is sent again under its cookie, and given up after two seconds', async () => {
    const { simulation, one } = await stage();
    const { runtime } = simulation.network.host('pbx', { address: '10.0.0.9' });
    const client = new NgClient({ runtime, engine: one.engine });
    one.reply = () => undefined;
    const asking = client.request('ping').catch((error: unknown) => error);
    await simulation.run(5000);
    expect(await asking).toMatchObject({ code: 'RTPENGINE_TIMEOUT' });
    const [first] = one.heard;
    const since = one.heard.map(({ at }) => at - (first?.at ?? 0));
    expect(since).toEqual([0, 300, 900]);
    expect(new Set(one.heard.map(({ cookie }) => cookie)).size).toBe(1);
    await closed(simulation, client);
  });

  it('bears replies that are late, foreign, or no replies at all', async () => {
    const { simulation, one } = await stage();
    const { runtime } = simulation.network.host('pbx', { address: '10.0.0.9' });
    const client = new NgClient({ runtime, engine: one.engine });
    one.reply = () => undefined;
    const asking = client.request('ping').catch((error: unknown) => error);
    await simulation.run(100);
    const [heard] = one.heard;
    for (const nonsense of [
      '',
      ' ',
      'x',
      `${heard?.cookie} `,
      `${heard?.cookie} d`,
      'y d6:result2:oke',
    ]) {
      one.sendRaw(new TextEncoder().encode(nonsense), one.asker);
    }
    one.reply = () => ({ result: 'pong' });
    await simulation.run(5000);
    expect(await asking).toMatchObject({ result: 'pong' });
    await closed(simulation, client);
  });

  it('rejects where the client is closed while it waits', async () => {
    const { simulation, one } = await stage();
    const { runtime } = simulation.network.host('pbx', { address: '10.0.0.9' });
    const client = new NgClient({ runtime, engine: one.engine });
    one.reply = () => undefined;
    const asking = client.request('ping').catch((error: unknown) => error);
    await simulation.run(100);
    await closed(simulation, client);
    expect(await asking).toMatchObject({ code: 'MEDIA_CLOSED' });
    await expect(client.request('ping')).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
  });
});

describe('a relay', () => {
  it('is told of with its codecs again after an offer was refused', async () => {
    const parties = await stage();
    const { simulation, one } = parties;
    const media = backendOn(parties, { engines: [one.engine], transcode: 'whenNeeded' });
    const described = (port: number): string =>
      ['v=0', 'o=- 1 1 IN IP4 10.0.0.3', 's=-', 'c=IN IP4 10.0.0.3', 't=0 0']
        .concat(`m=audio ${port} RTP/AVP 0`, '')
        .join('\r\n');
    one.reply = () => ({ result: 'ok', sdp: described(4000) });
    const run = async (doing: Promise<unknown>): Promise<void> => {
      await simulation.run(100);
      await doing;
    };
    const relay = await media.openRelay({ label: 'call', codecs: ['pcmu'], onEvent: () => {} });
    const answering = relay.a.acceptOffer(described(5000));
    await run(relay.b.createOffer());
    await run(relay.b.acceptAnswer(described(6000)));
    await answering;
    await run(relay.b.createOffer());
    await run(relay.b.rollback());
    const offers = one.heard.filter(({ command }) => command === 'offer');
    expect(offers).toHaveLength(3);
    expect(offers[2]?.codec).toBeDefined();
    expect(offers[2]?.codec).toEqual(offers[0]?.codec);
    await closed(simulation, media);
  });
});

describe('engines', () => {
  it('share calls by their weights', async () => {
    const parties = await stage();
    const engines = [
      { ...parties.one.engine, weight: 3 },
      { ...parties.two.engine, weight: 1 },
    ];
    const media = backendOn(parties, { engines });
    for (let calls = 0; calls < 8; calls++) await relayed(parties, media);
    expect(media.engines.map(({ calls }) => calls)).toEqual([6, 2]);
    await closed(parties.simulation, media);
    expect(media.usage()).toEqual({ endpoints: 0, ports: 0 });
  });

  it('that do not reply are passed over, and get calls again once they do', async () => {
    const parties = await stage();
    const media = backendOn(parties);
    parties.one.reply = () => undefined;
    await relayed(parties, media);
    expect(media.engines.map(({ isUp, calls }) => [isUp, calls])).toEqual([
      [false, 0],
      [true, 1],
    ]);
    await relayed(parties, media);
    expect(media.engines.map(({ calls }) => calls)).toEqual([0, 2]);
    parties.one.reply = () => ({ result: 'pong' });
    await parties.simulation.run(5000);
    await relayed(parties, media);
    expect(media.engines.map(({ isUp, calls }) => [isUp, calls])).toEqual([
      [true, 1],
      [true, 2],
    ]);
    await closed(parties.simulation, media);
  });

  it('leave a call without media where none replies', async () => {
    const parties = await stage();
    const media = backendOn(parties);
    parties.one.reply = () => undefined;
    parties.two.reply = () => undefined;
    const { b } = await media.openRelay({ label: 'relay', onEvent() {} });
    const offering = b.createOffer().catch((error: unknown) => error);
    await parties.simulation.run(10_000);
    expect(await offering).toMatchObject({ code: 'RTPENGINE_UNAVAILABLE' });
    await closed(parties.simulation, media);
  });

  it('lose their calls after a silence of six seconds, not before', async () => {
    const parties = await stage();
    const media = backendOn(parties, { engines: [parties.one.engine] });
    const { events, relay } = await relayed(parties, media);
    parties.one.reply = () => undefined;
    await parties.simulation.run(4000);
    expect(events).toEqual([]);
    await parties.simulation.run(6000);
    expect(events).toEqual(['a failed', 'b failed']);
    await expect(relay.a.playMedia('hello.wav')).rejects.toMatchObject({ code: 'MEDIA_FAILED' });
    await closed(parties.simulation, media);
  });

  it('are told to record both parties, with what is written beside it', async () => {
    const parties = await stage();
    const media = backendOn(parties, { engines: [parties.one.engine] });
    const { relay } = await relayed(parties, media);
    const recording = relay.a.startRecording({ metadata: 'call 7' });
    await parties.simulation.run(100);
    const { name } = await recording;
    const stopping = relay.b.stopRecording();
    await parties.simulation.run(100);
    await stopping;
    await expect(relay.a.startRecording({ metadata: 'two\nlines' })).rejects.toMatchObject({
      code: 'MEDIA_BAD_METADATA',
    });
    const asked = parties.one.heard.filter(({ command }) => command.endsWith('recording'));
    expect(asked).toMatchObject([
      { command: 'start recording', callId: name, metadata: 'call 7' },
      { command: 'stop recording', callId: name },
    ]);
    await closed(parties.simulation, media);
  });

  it('that were started anew know none of their calls', async () => {
    const parties = await stage();
    const media = backendOn(parties, { engines: [parties.one.engine] });
    const first = await relayed(parties, media);
    const second = await relayed(parties, media);
    parties.one.reply = (command) =>
      command === 'ping'
        ? { result: 'pong' }
        : { result: 'error', 'error-reason': 'Unknown call-id' };
    await parties.simulation.run(3000);
    expect(first.events).toEqual(['a failed', 'b failed']);
    expect(second.events).toEqual(['a failed', 'b failed']);
    expect(media.engines).toMatchObject([{ isUp: true, calls: 0 }]);
    await closed(parties.simulation, media);
  });
});
