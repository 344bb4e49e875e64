import assert from 'node:assert/strict';
import type {
  MediaBackend,
  MediaDirection,
  MediaEndpoint,
  MediaEndpointEvent,
} from '@strowger/session-core';
import { StrowgerError } from '@strowger/runtime';

/** What a compliance suite needs of a test runner: vitest, `node:test` and others have it. */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}

const nothing = (): void => {};
const TONE = { type: 'tone', frequencyHz: 440 } as const;

type Make = () => MediaBackend | Promise<MediaBackend>;

/**
 * What every media backend promises to session-core. `make` gives a fresh backend that speaks
 * `pcmu` and `pcma` and whose endpoints reach each other; the suite closes it.
 */
export function describeMediaBackend(runner: TestRunner, name: string, make: Make): void {
  const story: Story = (title, body) => runner.it(title, () => withBackend(make, body));
  runner.describe(`${name} as a media backend`, () => {
    describeResources(story);
    describeOfferAnswer(story);
    describeRefusals(story);
    describeRelay(story);
    describePlaying(story);
    describeMute(story);
    describeDigits(story);
    describeConference(story);
    describeRecordingFeed(story);
  });
}

type Story = (title: string, body: (backend: MediaBackend) => Promise<void>) => void;

function describeResources(story: Story): void {
  story('counts an endpoint while it is open, and nothing afterwards', async (backend) => {
    assert.deepEqual(backend.usage(), { endpoints: 0, ports: 0 });
    const endpoint = await open(backend);
    assert.equal(backend.usage().endpoints, 1);
    await endpoint.createOffer();
    assert.ok(backend.usage().ports > 0);
    await endpoint.close();
    assert.deepEqual(backend.usage(), { endpoints: 0, ports: 0 });
  });

  story('closes an endpoint once, and tells the final statistics every time', async (backend) => {
    const [caller, callee] = await connected(backend);
    const [first, second] = await Promise.all([caller.close(), caller.close()]);
    assert.deepEqual(second, first);
    assert.deepEqual(await caller.close(), first);
    assert.equal(first.codec, 'pcmu');
    await callee.close();
  });

  story('refuses every negotiation on a closed endpoint', async (backend) => {
    const other = await open(backend);
    const offer = await other.createOffer();
    const endpoint = await open(backend);
    await endpoint.close();
    await rejects(endpoint.createOffer(), 'MEDIA_CLOSED');
    await rejects(endpoint.acceptOffer(offer), 'MEDIA_CLOSED');
    await rejects(endpoint.acceptAnswer(offer), 'MEDIA_CLOSED');
  });

  story('survives being closed in the middle of a negotiation', async (backend) => {
    const caller = await open(backend);
    const callee = await open(backend);
    const offer = await caller.createOffer();
    const answering = callee.acceptOffer(offer);
    const closing = Promise.all([callee.close(), caller.close()]);
    await answering.catch((error: unknown) => assert.ok(StrowgerError.isInstance(error)));
    await closing;
  });

  story('closes every endpoint with the backend', async (backend) => {
    await open(backend);
    await backend.openRelay({ label: 'relay', onEvent() {} });
    await backend.close();
    assert.deepEqual(backend.usage(), { endpoints: 0, ports: 0 });
    await rejects(open(backend));
  });
}

function describeOfferAnswer(story: Story): void {
  story('agrees on a codec and an address by offer and answer', async (backend) => {
    const [caller, callee] = await connected(backend);
    const one = await caller.stats();
    const two = await callee.stats();
    assert.deepEqual([one.codec, two.codec], ['pcmu', 'pcmu']);
    assert.deepEqual([one.direction, two.direction], ['sendrecv', 'sendrecv']);
    assert.deepEqual(one.remote, two.local);
    assert.deepEqual(two.remote, one.local);
  });

  const views: [MediaDirection, MediaDirection][] = [
    ['sendrecv', 'sendrecv'],
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
  ];
  for (const [offered, seen] of views) {
    story(`answers ${offered} with ${seen}, and takes it back`, async (backend) => {
      const [caller, callee] = await connected(backend);
      await negotiate(caller, callee, offered);
      assert.equal((await caller.stats()).direction, offered);
      assert.equal((await callee.stats()).direction, seen);
      await negotiate(callee, caller, 'sendrecv');
      assert.equal((await caller.stats()).direction, 'sendrecv');
      assert.equal((await callee.stats()).direction, 'sendrecv');
    });
  }

  story('narrows an answer to what its owner intends', async (backend) => {
    const caller = await open(backend);
    const callee = await open(backend);
    const offer = await caller.createOffer();
    await caller.acceptAnswer(await callee.acceptOffer(offer, { direction: 'sendonly' }));
    assert.equal((await callee.stats()).direction, 'sendonly');
    assert.equal((await caller.stats()).direction, 'recvonly');
  });

  story('keeps what was agreed when an offer is rolled back', async (backend) => {
    const [caller, callee] = await connected(backend);
    await caller.createOffer({ direction: 'inactive' });
    await caller.rollback();
    assert.equal((await caller.stats()).direction, 'sendrecv');
    await negotiate(callee, caller, 'sendonly');
    assert.equal((await caller.stats()).direction, 'recvonly');
    await negotiate(caller, callee, 'sendrecv');
    assert.equal((await caller.stats()).direction, 'sendrecv');
  });

  story('speaks other codecs once an offer of them was answered, where it can', async (backend) => {
    const [caller, callee] = await connected(backend);
    const codecs = ['pcma', 'pcmu'];
    const offering = caller.createOffer({ codecs });
    if (await isUnsupported(offering)) return;
    assert.match(await offering, /^m=audio \d+ \S+ 8 0/m);
    await caller.rollback();
    await negotiate(caller, callee, 'sendrecv');
    assert.equal((await caller.stats()).codec, 'pcmu');
    await caller.acceptAnswer(await callee.acceptOffer(await caller.createOffer({ codecs })));
    assert.deepEqual(
      [(await caller.stats()).codec, (await callee.stats()).codec],
      ['pcma', 'pcma'],
    );
    await negotiate(caller, callee, 'sendonly');
    assert.equal((await callee.stats()).codec, 'pcma');
    const only = await caller.createOffer({ codecs: ['pcmu'] });
    await caller.acceptAnswer(await callee.acceptOffer(only));
    await negotiate(callee, caller, 'sendrecv');
    assert.equal((await callee.stats()).codec, 'pcmu');
    await rejects(caller.createOffer({ codecs: ['nonsense'] }), 'MEDIA_UNKNOWN_CODEC');
    await rejects(caller.createOffer({ codecs: [] }), 'MEDIA_UNKNOWN_CODEC');
    await negotiate(caller, callee, 'sendrecv');
  });

  story('takes another answer to the same offer: a fork that answers later', async (backend) => {
    const caller = await open(backend);
    const early = await open(backend);
    const winner = await open(backend, ['pcma']);
    const offer = await caller.createOffer();
    await caller.acceptAnswer(await early.acceptOffer(offer));
    await caller.acceptAnswer(await winner.acceptOffer(offer));
    assert.equal((await caller.stats()).codec, 'pcma');
    assert.deepEqual((await caller.stats()).remote, (await winner.stats()).local);
  });
}

function describeRefusals(story: Story): void {
  story('agrees on nothing in the clear where media must be encrypted', async (backend) => {
    const request = { label: 'secret', srtp: 'required', onEvent: nothing } as const;
    const endpoint = await backend.openEndpoint(request).catch((error: unknown) => {
      assert.ok(StrowgerError.isInstance(error) && error.code === 'MEDIA_UNSUPPORTED');
    });
    if (endpoint === undefined) return; // it said so
    assert.match(await endpoint.createOffer(), /^m=audio \d+ (UDP\/TLS\/)?RTP\/SAVP/m);
    await endpoint.rollback();
    const plain = await backend.openEndpoint({ ...request, srtp: 'off' });
    const offer = await plain.createOffer();
    await rejects(endpoint.acceptOffer(offer), 'MEDIA_NOT_ENCRYPTED');
  });

  story('relays nothing in the clear where an end must be encrypted', async (backend) => {
    const plain = await backend.openEndpoint({ label: 'plain', srtp: 'off', onEvent: nothing });
    const offer = await plain.createOffer();
    const request = {
      label: 'secret',
      srtp: { a: 'required', b: 'off' },
      onEvent: nothing,
    } as const;
    const relay = await backend.openRelay(request).catch((error: unknown) => {
      assert.ok(StrowgerError.isInstance(error) && error.code === 'MEDIA_UNSUPPORTED');
    });
    if (relay === undefined) return; // it said so
    await rejects(relay.a.acceptOffer(offer), 'MEDIA_NOT_ENCRYPTED');
    assert.match(await relay.a.createOffer(), /^m=audio \d+ (UDP\/TLS\/)?RTP\/SAVP/m);
  });

  story('refuses an offer in which nothing fits, and stays usable', async (backend) => {
    const caller = await open(backend, ['pcmu']);
    const callee = await open(backend, ['pcma']);
    await rejects(callee.acceptOffer(await caller.createOffer()), 'MEDIA_NOT_ACCEPTABLE');
    await negotiate(callee, await open(backend), 'sendrecv');
    assert.equal((await callee.stats()).codec, 'pcma');
  });

  story('refuses an answer that names nothing of the offer', async (backend) => {
    const caller = await open(backend, ['pcmu']);
    const callee = await open(backend, ['pcma']);
    const foreign = await (await open(backend, ['pcma'])).createOffer();
    await caller.createOffer();
    await rejects(caller.acceptAnswer(await callee.acceptOffer(foreign)), 'MEDIA_NOT_ACCEPTABLE');
  });

  story('refuses what is no session description', async (backend) => {
    const endpoint = await open(backend);
    for (const nonsense of ['', 'hello', 'v=0\r\n', 'v=0\r\nm=audio x y z\r\n']) {
      await rejects(endpoint.acceptOffer(nonsense), 'MEDIA_NOT_ACCEPTABLE');
    }
    await endpoint.createOffer();
    await rejects(endpoint.acceptAnswer('nonsense'), 'MEDIA_NOT_ACCEPTABLE');
  });

  story('refuses an answer that nobody asked for, and a second open offer', async (backend) => {
    const caller = await open(backend);
    const callee = await open(backend);
    const offer = await caller.createOffer();
    const answer = await callee.acceptOffer(offer);
    await rejects(callee.acceptAnswer(answer));
    await rejects(caller.createOffer());
    await caller.acceptAnswer(answer);
  });
}

function describeRelay(story: Story): void {
  story('answers on one end of a relay once the far side has answered', async (backend) => {
    const { near, far, relay } = await relayed(backend);
    const answering = relay.a.acceptOffer(await near.createOffer());
    const forward = await relay.b.createOffer();
    assert.equal(await isSettled(answering), false);
    await relay.b.acceptAnswer(await far.acceptOffer(forward));
    await near.acceptAnswer(await answering);
    assert.equal((await near.stats()).codec, 'pcmu');
    assert.equal((await far.stats()).codec, 'pcmu');
    assert.deepEqual((await near.stats()).remote, (await relay.a.stats()).local);
    assert.deepEqual((await far.stats()).remote, (await relay.b.stats()).local);
  });

  story('offers on a relay only what the near side speaks', async (backend) => {
    const { far, relay } = await relayed(backend);
    const near = await open(backend, ['pcma']);
    const answering = relay.a.acceptOffer(await near.createOffer());
    await relay.b.acceptAnswer(await far.acceptOffer(await relay.b.createOffer()));
    await near.acceptAnswer(await answering);
    assert.equal((await far.stats()).codec, 'pcma');
  });

  story('passes hold through a relay, and resumes', async (backend) => {
    const { near, far, relay } = await relayed(backend);
    for (const direction of ['sendrecv', 'sendonly', 'sendrecv'] as const) {
      const answering = relay.a.acceptOffer(await near.createOffer({ direction }));
      await relay.b.acceptAnswer(await far.acceptOffer(await relay.b.createOffer()));
      await near.acceptAnswer(await answering);
      assert.equal((await near.stats()).direction, direction);
      const seen = direction === 'sendonly' ? 'recvonly' : 'sendrecv';
      assert.equal((await far.stats()).direction, seen);
    }
  });

  story('refuses on one end of a relay what the far side refused', async (backend) => {
    const { near, relay } = await relayed(backend);
    const answering = relay.a.acceptOffer(await near.createOffer());
    const refused = rejects(answering, 'MEDIA_NOT_ACCEPTABLE');
    await relay.b.createOffer();
    await relay.b.rollback();
    await refused;
  });

  story('leaves nobody waiting when one end of a relay closes', async (backend) => {
    const { near, relay } = await relayed(backend);
    const refused = rejects(relay.a.acceptOffer(await near.createOffer()));
    await relay.b.close();
    await refused;
    await Promise.all([relay.a.close(), near.close()]);
  });
}

function describePlaying(story: Story): void {
  story('ends what is played for what is played instead, where it plays', async (backend) => {
    const [caller] = await connected(backend);
    const first = caller.play(TONE);
    const second = caller.play(TONE);
    assert.equal((await first.finished).stopped, true);
    const third = caller.play(TONE, { queue: true });
    second.pause();
    second.resume();
    second.stop();
    assert.equal((await second.finished).stopped, true);
    third.stop();
    assert.equal((await third.finished).stopped, true);
  });

  story('reaches a mark, or says that it was cleared, where it plays', async (backend) => {
    const [caller] = await connected(backend);
    if (await isUnsupported(caller.clear())) return;
    assert.deepEqual(await caller.mark('first'), { name: 'first', reached: true });
    const { finished } = caller.play(TONE);
    const second = caller.mark('second');
    const { lastMark, marks } = await caller.clear();
    assert.deepEqual([lastMark, marks], ['first', ['second']]);
    assert.deepEqual(await second, { name: 'second', reached: false });
    assert.equal((await finished).stopped, true);
    assert.equal((await caller.clear()).lastMark, undefined);
    const last = caller.play(TONE);
    const never = caller.mark('never');
    await caller.close();
    assert.deepEqual(await never, { name: 'never', reached: false });
    assert.equal((await last.finished).stopped, true);
  });
}

function describeMute(story: Story): void {
  story('is silent while it is muted, where it can be', async (backend) => {
    const [caller, callee] = await connected(backend);
    if (await isUnsupported(caller.mute(true))) return;
    const line = lineBetween(caller, callee);
    await line.isSilent();
    await negotiate(caller, callee, 'sendrecv');
    await line.isSilent();
    await caller.mute(false);
    await line.isLoud();
    await caller.mute(true);
    await line.isSilent();
    await line.end();
    await caller.close();
    await rejects(caller.mute(false), 'MEDIA_CLOSED');
  });

  story('begins in silence where it was muted before', async (backend) => {
    const caller = await open(backend);
    const callee = await open(backend);
    if (await isUnsupported(caller.mute(true))) return;
    await negotiate(caller, callee, 'sendrecv');
    const line = lineBetween(caller, callee);
    await line.isSilent();
    await caller.mute(false);
    await line.isLoud();
    await line.end();
  });

  story('keeps what passes a relay from the peer of a muted end, where it can', async (backend) => {
    const { near, far, relay } = await relayed(backend);
    const answering = relay.a.acceptOffer(await near.createOffer());
    await relay.b.acceptAnswer(await far.acceptOffer(await relay.b.createOffer()));
    await near.acceptAnswer(await answering);
    if (await isUnsupported(relay.b.mute(true))) return;
    const line = lineBetween(near, far);
    await line.isSilent();
    await relay.b.mute(false);
    await line.isLoud();
    await line.end();
  });
}

/** What one endpoint hears while another talks, frame by frame. */
function lineBetween(from: MediaEndpoint, to: MediaEndpoint) {
  const writer = from.audioOut().getWriter();
  const reader = to.audioIn().getReader();
  let timestamp = 0;
  const next = async (): Promise<boolean> => {
    const samples = new Int16Array(160).map((_, at) => 8000 * Math.sin((at * Math.PI) / 10));
    await writer.write({ samples, sampleRate: 8000, timestamp });
    timestamp += samples.length;
    const { value } = await reader.read();
    return value?.samples.some((sample) => Math.abs(sample) > 1000) === true;
  };
  const becomes = async (isLoud: boolean): Promise<void> => {
    let run = 0;
    for (let frame = 0; frame < 400 && run < 20; frame++) {
      run = (await next()) === isLoud ? run + 1 : 0;
    }
    assert.equal(run, 20, isLoud ? 'nothing is heard' : 'something is heard');
  };
  return {
    isLoud: () => becomes(true),
    isSilent: () => becomes(false),
    end: async (): Promise<void> => {
      await reader.cancel();
      await writer.abort();
    },
  };
}

function describeDigits(story: Story): void {
  story('carries digits to the other side, where it can carry digits', async (backend) => {
    const heard: string[] = [];
    let complete = nothing;
    const all = new Promise<void>((resolve) => (complete = resolve));
    const caller = await open(backend);
    const callee = await open(backend, undefined, (event) => {
      if (event.type !== 'digit') return;
      heard.push(event.digit);
      if (heard.length === 3) complete();
    });
    await negotiate(caller, callee, 'sendrecv');
    if (await isUnsupported(caller.sendDigits('1#5', { durationMs: 60, gapMs: 60 }))) return;
    await all;
    assert.deepEqual(heard, ['1', '#', '5']);
  });
}

function describeConference(story: Story): void {
  story('mixes a conference, where it can mix', async (backend) => {
    const opening = backend.openConference({ label: 'room', maximum: 2 });
    if (await isUnsupported(opening)) return;
    const room = await opening;
    const phones = [await open(backend), await open(backend)];
    for (const phone of phones) {
      const member = await room.openMember({ label: 'member', onEvent: nothing });
      await phone.acceptAnswer(await member.endpoint.acceptOffer(await phone.createOffer()));
      await member.change({ muted: true });
    }
    assert.equal((await room.stats()).members, 2);
    const waiting = await room.openMember({ label: 'waits', onEvent: nothing, waits: true });
    assert.equal((await room.stats()).members, 2);
    await rejects(waiting.join(), 'MEDIA_CONFERENCE_FULL');
    await waiting.endpoint.close();
    const before = backend.usage();
    await rejects(
      room.openMember({ label: 'one too many', onEvent: nothing }),
      'MEDIA_CONFERENCE_FULL',
    );
    assert.deepEqual(backend.usage(), before, 'who was not let in holds no ports');
    await room.close();
    await rejects(room.stats(), 'MEDIA_CLOSED');
  });
}

function describeRecordingFeed(story: Story): void {
  story('feeds a recording server, where it can', async (backend) => {
    const [caller, callee] = await connected(backend);
    const opening = backend.openRecordingFeed({
      label: 'recorded',
      streams: [
        { label: '1', of: caller, flow: 'received' },
        { label: '2', of: caller, flow: 'sent' },
      ],
      onEvent: nothing,
    });
    if (await isUnsupported(opening)) return;
    const feed = await opening;
    const offer = await feed.createOffer();
    const labels = [...offer.matchAll(/^a=label:(\S+)\r?$/gmu)].map(([, label]) => label);
    assert.deepEqual(labels, ['1', '2']);
    assert.equal(offer.match(/^a=sendonly\r?$/gmu)?.length, 2);
    const answer = offer.replaceAll('a=sendonly', 'a=recvonly');
    await rejects(feed.acceptAnswer(answer.replaceAll(/m=audio \d+/gu, 'm=audio 0')));
    await feed.acceptAnswer(answer);
    assert.equal((await feed.stats()).direction, 'sendonly');
    assert.equal((await callee.stats()).direction, 'sendrecv', 'what is recorded goes on');
    await rejects(feed.sendDigits('1'), 'MEDIA_UNSUPPORTED');
    await feed.close();
    await rejects(feed.createOffer(), 'MEDIA_CLOSED');
  });
}

async function withBackend(
  make: Make,
  body: (backend: MediaBackend) => Promise<void>,
): Promise<void> {
  const backend = await make();
  try {
    await body(backend);
  } finally {
    await backend.close();
  }
  assert.deepEqual(backend.usage(), { endpoints: 0, ports: 0 }, 'nothing is left open');
}

async function open(
  backend: MediaBackend,
  codecs: readonly string[] = ['pcmu', 'pcma'],
  onEvent: (event: MediaEndpointEvent) => void = nothing,
): Promise<MediaEndpoint> {
  return backend.openEndpoint({ label: 'compliance', codecs, onEvent });
}

async function connected(backend: MediaBackend): Promise<[MediaEndpoint, MediaEndpoint]> {
  const caller = await open(backend);
  const callee = await open(backend);
  await negotiate(caller, callee, 'sendrecv');
  return [caller, callee];
}

async function relayed(backend: MediaBackend): Promise<{
  near: MediaEndpoint;
  far: MediaEndpoint;
  relay: { a: MediaEndpoint; b: MediaEndpoint };
}> {
  const relay = await backend.openRelay({ label: 'relay', onEvent() {} });
  return { near: await open(backend), far: await open(backend), relay };
}

async function negotiate(
  from: MediaEndpoint,
  to: MediaEndpoint,
  direction: MediaDirection,
): Promise<void> {
  await from.acceptAnswer(await to.acceptOffer(await from.createOffer({ direction })));
}

async function rejects(promise: Promise<unknown>, code?: string): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(StrowgerError.isInstance(error), `a StrowgerError, not ${String(error)}`);
    if (code !== undefined) assert.equal(error.code, code);
    return true;
  });
}

/** Whether it is settled after everything that waits in this turn has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void (async () => {
    await promise.catch(() => {});
    settled = true;
  })();
  await new Promise<void>((resolve) => setImmediate(resolve));
  return settled;
}

async function isUnsupported(promise: Promise<unknown>): Promise<boolean> {
  try {
    await promise;
    return false;
  } catch (error) {
    if (StrowgerError.isInstance(error) && error.code === 'MEDIA_UNSUPPORTED') return true;
    throw error;
  }
}
