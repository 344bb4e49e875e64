import { describe, expect, it } from 'vitest';
import type { AnswerOutcome, NotAnswered } from '../src/index.ts';
import { whyNotAnswered } from '../src/call-outcome.ts';
import { during, finish, scene } from './scene.ts';

describe('registerAndWait', () => {
  it('gives what was granted', async () => {
    const all = scene();
    const outcome = await during(all.simulation, all.alice.client.registerAndWait());
    expect(outcome).toEqual({ registered: true, expiresSeconds: 300 });
    await finish(all);
  });

  it('gives status and words of a registrar that will never accept', async () => {
    const all = scene();
    all.registrar.status = 403;
    const outcome = await during(all.simulation, all.alice.client.registerAndWait());
    expect(outcome).toEqual({
      registered: false,
      why: 'refused',
      status: 403,
      reason: 'Forbidden',
    });
    await finish(all);
  });

  it('gives up waiting in time, and not the registration', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    registrar.status = 503;
    const began = simulation.clock.now();
    const outcome = await during(simulation, alice.client.registerAndWait({ timeoutMs: 5000 }));
    expect(outcome).toEqual({ registered: false, why: 'timedOut', status: 503 });
    expect(simulation.clock.now() - began).toBeLessThanOrEqual(5010);
    registrar.status = undefined;
    await simulation.run(30_000);
    expect(alice.told.at(-1)).toBe('registered');
    await finish(all);
  });

  it('knows no status of a registrar that is silent, for 30 s by default', async () => {
    const all = scene();
    const { simulation, alice } = all;
    simulation.network.partition('pbx');
    const outcome = await during(simulation, alice.client.registerAndWait());
    expect(outcome).toEqual({ registered: false, why: 'timedOut' });
    expect(Math.abs(simulation.clock.now() - 30_000)).toBeLessThan(20);
    simulation.network.heal('pbx');
    await finish(all);
  });

  it.each([Number.NaN, 0, -1, Infinity])('does not wait for %d ms', async (timeoutMs) => {
    const all = scene();
    const waiting = all.alice.client.registerAndWait({ timeoutMs });
    await expect(waiting).rejects.toMatchObject({ code: 'BAD_OPTION' });
    expect(all.registrar.seen).toEqual([]);
    await finish(all);
  });

  it('gives up when it is told to', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    registrar.isMute = true;
    const giveUp = new AbortController();
    const waiting = alice.client.registerAndWait({ signal: giveUp.signal });
    await simulation.run(100);
    giveUp.abort();
    expect(await waiting).toEqual({ registered: false, why: 'aborted' });
    const { signal } = giveUp;
    const again = await during(simulation, alice.client.registerAndWait({ signal }));
    expect(again).toEqual({ registered: false, why: 'aborted' });
    registrar.isMute = false;
    await finish(all);
  });

  it('tells that it was ended meanwhile; a client that is closed is misuse', async () => {
    const all = scene();
    const { simulation, registrar, alice } = all;
    registrar.isMute = true;
    const waiting = alice.client.registerAndWait();
    await simulation.run(100);
    await finish(all);
    expect(await waiting).toEqual({ registered: false, why: 'unregistered' });
    await expect(alice.client.registerAndWait()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

/** What alice hears of bob, who does this. */
async function calling(
  status: number | 'answer' | 'ring',
): Promise<{ outcome: AnswerOutcome; all: ReturnType<typeof scene> }> {
  const all = scene();
  const { simulation, alice, bob } = all;
  await bob.client.contact();
  bob.client.on('incoming', (call) => {
    if (status === 'answer') void call.answer();
    else if (status === 'ring') call.ring();
    else call.reject(status);
  });
  const call = await during(simulation, alice.client.call('sip:bob@bob', { ringTimeoutMs: 5000 }));
  return { outcome: await during(simulation, call.answered()), all };
}

describe('answered()', () => {
  it('says so, and goes on saying it when the call is over', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    bob.client.on('incoming', (call) => void call.answer());
    const call = await during(simulation, alice.client.call('sip:bob@bob'));
    expect(await during(simulation, call.answered())).toEqual({ answered: true });
    await during(simulation, call.hangUp());
    expect(await call.answered()).toEqual({ answered: true });
    await finish(all);
  });

  it.each<[number, NotAnswered, number]>([
    [486, 'busy', 17],
    [600, 'busy', 17],
    [603, 'declined', 21],
    [404, 'notFound', 1],
    [480, 'noAnswer', 18],
    [403, 'forbidden', 21],
    [488, 'noMedia', 65],
    [302, 'moved', 23],
    [500, 'failed', 41],
  ])('is a value for %i: %s', async (status, why, cause) => {
    const { outcome, all } = await calling(status);
    if (outcome.answered) throw new Error('nobody has answered');
    // the type says so: there is a reason now
    expect(outcome).toMatchObject({ answered: false, why, status });
    expect(outcome.reason).toMatchObject({ kind: 'rejected', by: 'remote', cause: outcome.cause });
    expect(outcome.cause).toBe(cause);
    await finish(all);
  });

  it('is no answer when it rings for too long', async () => {
    const { outcome, all } = await calling('ring');
    expect(outcome).toMatchObject({ answered: false, why: 'noAnswer', status: 480, cause: 19 });
    await finish(all);
  });

  it('is the same for who was called and whose caller gave up', async () => {
    const all = scene();
    const { simulation, alice, bob } = all;
    await bob.client.contact();
    const heard: Promise<AnswerOutcome>[] = [];
    bob.client.on('incoming', (call) => heard.push(call.answered()));
    const call = await during(simulation, alice.client.call('sip:bob@bob'));
    await simulation.run(100);
    void call.hangUp();
    const outcomes = await during(simulation, Promise.all([call.answered(), ...heard]));
    expect(outcomes.map((one) => (one.answered ? 'answered' : one.why))).toEqual([
      'cancelled',
      'cancelled',
    ]);
    await finish(all);
  });

  it('is unreachable where nobody is', async () => {
    const all = scene();
    const { simulation, alice } = all;
    simulation.network.host('dead');
    const call = await during(simulation, alice.client.call('sip:x@dead'));
    const outcome = await during(simulation, call.answered());
    expect(outcome).toMatchObject({ answered: false, why: 'unreachable', status: 408 });
    await finish(all);
  });

  it('is unreachable where the network fails, no media where that fails', () => {
    const facts = { by: 'network', status: 503, cause: 38 } as const;
    expect(whyNotAnswered({ kind: 'transportFailed', code: 'NO_ROUTE', ...facts })).toBe(
      'unreachable',
    );
    expect(whyNotAnswered({ kind: 'dialogLost', ...facts })).toBe('unreachable');
    expect(whyNotAnswered({ kind: 'mediaFailed', code: 'X', ...facts })).toBe('noMedia');
    expect(whyNotAnswered({ kind: 'rejected', ...facts, status: 699 })).toBe('failed');
  });
});
