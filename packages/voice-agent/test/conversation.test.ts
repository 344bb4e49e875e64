import type { AudioSource } from '@strowger/session-core';
import { SipClient } from '@strowger/sip-client';
import {
  createSimulation,
  FakeMediaBackend,
  type FakeMediaEndpoint,
  type FakeMediaWire,
  type Simulation,
} from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import {
  type Agent,
  answerCalls,
  type ConversationEnd,
  converse,
  type Voice,
} from '../src/index.ts';

const PROMPT: AudioSource = { type: 'tone', frequencyHz: 440 }; // the fake plays it until it is cut
const KEY = { digits: {} };

/** A caller and an agent on two simulated hosts. */
function scene(agent: Agent, options: { most?: number; voice?: Voice } = {}) {
  const simulation = createSimulation({ seed: 3 });
  const wire: FakeMediaWire = new Map();
  const client = (name: string): { client: SipClient; media: FakeMediaBackend } => {
    const host = simulation.network.host(name);
    const media = new FakeMediaBackend({ address: host.address, clock: simulation.clock, wire });
    const made = new SipClient({
      uri: `sip:${name}@${name}`,
      runtime: host.runtime,
      openMedia: () => media,
      connect: ({ onMessage }) => {
        host.receive = onMessage;
        return {
          locate: (target, size) => host.locate(target, size),
          sentBy: (hop) => host.sentBy(hop),
          send: (message, hop, failed) => host.send(message, hop, failed),
          start: async () => {},
          close: async () => void (host.receive = undefined),
        };
      },
    });
    return { client: made, media };
  };
  const ends: ConversationEnd[] = [];
  const desk = client('desk');
  const caller = client('alice');
  answerCalls(desk.client, agent, {
    ...options,
    clock: simulation.clock,
    onEnd: (end) => ends.push(end),
  });
  const tell = (event: Parameters<FakeMediaEndpoint['tell']>[0]): void => {
    desk.media.endpoints[0]?.tell(event);
  };
  return { simulation, desk, caller, ends, tell };
}

type Scene = ReturnType<typeof scene>;

async function during<T>(simulation: Simulation, promise: Promise<T>): Promise<T> {
  let settled = false;
  const end = (): void => void (settled = true);
  promise.then(end, end);
  while (!settled) await simulation.run(10);
  return promise;
}

/** Calls the desk, and has talked for a tenth of a second. */
async function dial({ simulation, desk, caller }: Scene) {
  await during(simulation, desk.client.contact());
  const call = await during(simulation, caller.client.call('sip:desk@desk'));
  await during(simulation, call.connected);
  await simulation.run(100);
  return call;
}

/** Nothing is left: no call, no port, no timer. */
async function finish({ simulation, desk, caller }: Scene): Promise<void> {
  await during(simulation, Promise.all([desk.client.close(), caller.client.close()]));
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ desk: { counts: () => ({ ...desk.media.usage() }) } });
}

const press = (digit: string) =>
  ({ type: 'digit', digit, durationMs: 100, source: 'rtp' }) as const;

describe('an agent', () => {
  it('asks for digits, which cut off its prompt, and hangs up when it is done', async () => {
    const got: unknown[] = [];
    const all = scene(async (talk) => {
      got.push(await talk.gather({ prompt: PROMPT, digits: { most: 4 } }));
    });
    const call = await dial(all);
    for (const digit of '47#') all.tell(press(digit));
    expect(await during(all.simulation, call.ended)).toMatchObject({
      kind: 'hungUp',
      by: 'remote',
    });
    expect(got).toEqual([{ kind: 'digits', digits: '47', endedBy: 'key' }]);
    expect(all.ends).toEqual([{ kind: 'finished' }]);
    await finish(all);
  });

  it('is told what cut it off, and gathers that next', async () => {
    const got: unknown[] = [];
    const all = scene(async (talk) => {
      got.push(await talk.say(PROMPT, { bargeIn: 'digit' }));
      got.push(await talk.gather(KEY));
      got.push(await talk.say(PROMPT, { bargeIn: 'speech' }));
      got.push(await talk.gather({ speech: true }));
    });
    const call = await dial(all);
    const { simulation, tell } = all;
    await simulation.run(400);
    tell({ type: 'speechStarted', agoMs: 70 }); // only a digit was asked for
    tell({ type: 'speechEnded', durationMs: 200, silentMs: 500 });
    tell(press('5'));
    await simulation.run(300);
    tell({ type: 'speechStarted', agoMs: 70 });
    await simulation.run(300);
    tell({ type: 'speechEnded', durationMs: 900, silentMs: 500 });
    await during(simulation, call.ended);
    expect(got).toEqual([
      { playedMs: expect.closeTo(500, -2) as number, cutBy: 'digit' },
      { kind: 'digits', digits: '5', endedBy: 'count' },
      { playedMs: expect.closeTo(300, -2) as number, cutBy: 'speech' },
      { kind: 'speech', durationMs: 900, endedBy: 'silence' },
    ]);
    await finish(all);
  });

  it('hears no speech for ever where media was had anew while the caller spoke', async () => {
    const got: unknown[] = [];
    const all = scene(async (talk) => {
      got.push(await talk.gather({ speech: true }));
      got.push(await talk.gather({ speech: true, timeoutMs: 2000 }));
    });
    const call = await dial(all);
    const { simulation, tell } = all;
    tell({ type: 'speechStarted', agoMs: 70 });
    await simulation.run(300);
    tell({ type: 'failed', code: 'SOCKET_LOST', message: 'gone' });
    await during(simulation, call.ended);
    expect(got).toEqual([
      { kind: 'speech', durationMs: expect.closeTo(370, -2) as number, endedBy: 'silence' },
      { kind: 'nothing' },
    ]);
    expect(all.ends).toEqual([{ kind: 'finished' }]);
    await finish(all);
  });

  it('is told of silence, too', async () => {
    const got: unknown[] = [];
    const all = scene(async (talk) => {
      got.push(await talk.gather({ ...KEY, timeoutMs: 2000 }));
    });
    const call = await dial(all);
    const before = all.simulation.clock.now();
    await during(all.simulation, call.ended);
    expect(all.simulation.clock.now() - before).toBeLessThan(2100);
    expect(got).toEqual([{ kind: 'nothing' }]);
    await finish(all);
  });

  it('keeps digits for who lets the prompt be heard, and forgets them when told to', async () => {
    const got: unknown[] = [];
    const all = scene(async (talk) => {
      got.push(await talk.gather({ prompt: PROMPT, digits: { most: 2 }, bargeIn: false }));
      talk.forgetDigits();
      got.push(await talk.gather({ digits: {}, timeoutMs: 100 }));
    });
    // the prompt ends after a while, as a file would
    all.simulation.clock.arm(700, () => void all.desk.media.endpoints[0]?.clear());
    const call = await dial(all);
    for (const digit of '123') all.tell(press(digit));
    expect(got).toEqual([]);
    await during(all.simulation, call.ended);
    expect(got).toEqual([{ kind: 'digits', digits: '12', endedBy: 'count' }, { kind: 'nothing' }]);
    await finish(all);
  });

  it('unwinds when the caller hangs up', async () => {
    const all = scene(async (talk) => {
      for (;;) await talk.gather({ prompt: PROMPT, digits: {}, speech: true });
    });
    const call = await dial(all);
    await during(all.simulation, call.hangUp());
    await all.simulation.run(100);
    expect(all.ends).toEqual([{ kind: 'hungUp' }]);
    await finish(all);
  });

  it('that waits for something else is left to itself when its call is over', async () => {
    const all = scene(() => new Promise(() => {}), { most: 1 });
    const call = await dial(all);
    await during(all.simulation, call.hangUp());
    await all.simulation.run(9900);
    expect(all.ends).toEqual([]);
    await all.simulation.run(200);
    expect(all.ends).toEqual([{ kind: 'hungUp' }]);
    const second = await dial(all); // there is room again
    await during(all.simulation, second.hangUp());
    await all.simulation.run(10_100);
    await finish(all);
  });

  it('that throws ends its own call alone', async () => {
    const broken = new Error('no such account');
    const all = scene(async (talk) => {
      await talk.gather({ digits: {}, timeoutMs: 50 });
      throw broken;
    });
    const call = await dial(all);
    await during(all.simulation, call.ended);
    expect(all.ends).toEqual([{ kind: 'failed', error: broken }]);
    await finish(all);
  });

  it('does two things at once never, and asks for something possible', async () => {
    const codes: unknown[] = [];
    const all = scene(async (talk) => {
      const first = talk.gather({ digits: {}, timeoutMs: 50 });
      for (const wrong of [
        () => talk.say(PROMPT),
        () => talk.gather({}),
        () => talk.gather({ digits: { most: 65 } }),
      ]) {
        await new Promise<unknown>((resolve) => resolve(wrong())).catch(
          ({ code }: { code: string }) => codes.push(code),
        );
      }
      await first;
      await talk.say('hello').catch(({ code }: { code: string }) => codes.push(code));
    });
    const call = await dial(all);
    await during(all.simulation, call.ended);
    expect(codes).toEqual(['STILL_TALKING', 'BAD_GATHER', 'BAD_GATHER', 'NO_VOICE']);
    await finish(all);
  });

  it('has a voice, which is stopped when nobody wants its words any more', async () => {
    const asked: string[] = [];
    const voice: Voice = {
      speak: (text, { signal }) =>
        new Promise((_, reject) => {
          asked.push(text);
          signal.addEventListener('abort', () => reject(new Error(`${text}: stopped`)));
        }),
    };
    const all = scene(
      async (talk) => {
        const got = await talk.gather({ prompt: ['one', 'two'], digits: {} });
        asked.push(JSON.stringify(got));
      },
      { voice },
    );
    const call = await dial(all);
    all.tell(press('7'));
    await during(all.simulation, call.ended);
    expect(asked).toEqual(['one', '{"kind":"digits","digits":"7","endedBy":"count"}']);
    await finish(all);
  });

  it('is there so many times, and no more', async () => {
    const all = scene(async (talk) => void (await talk.gather(KEY)), { most: 1 });
    const call = await dial(all);
    const second = await during(all.simulation, all.caller.client.call('sip:desk@desk'));
    expect(await during(all.simulation, second.ended)).toMatchObject({ status: 503 });
    await during(all.simulation, call.hangUp());
    await finish(all);
  });

  it('talks in a call that was placed', async () => {
    const all = scene(async (talk) => void (await talk.gather(KEY)));
    const { simulation, desk, caller } = all;
    await during(simulation, desk.client.contact());
    const placed = await during(simulation, caller.client.call('sip:desk@desk'));
    const end = converse(placed, (talk) => talk.call.sendDigits('1'), { clock: simulation.clock });
    expect(await during(simulation, end)).toEqual({ kind: 'finished' });
    await simulation.run(100);
    expect(all.ends).toEqual([{ kind: 'finished' }]);
    await finish(all);
  });
});
