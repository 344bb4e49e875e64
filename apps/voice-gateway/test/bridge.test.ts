import { nodeRuntime, type Logger, VirtualClock } from '@strowger/runtime';
import { type Call, SipClient } from '@strowger/sip-client';
import { afterEach, expect, it } from 'vitest';
import { Bridge, type BridgeEnd } from '../src/bridge.ts';
import type { LinkUser, ProgramLink } from '../src/program-link.ts';
import { hearsTone, isTone, tone } from './scene.ts';

/** A program that is heard by nobody but this test. */
class TestLink implements ProgramLink {
  readonly sampleRate = 8000;
  readonly gone = new Promise<never>(() => {});
  readonly saidAt: number[] = [];
  readonly marks: { name: string; reached: boolean }[] = [];
  readonly wantsSaid: boolean;
  user: LinkUser | undefined;
  heard: { samples: Int16Array; at: number } = { samples: new Int16Array(), at: -1 };
  private wake = (): void => {};

  constructor(wantsSaid: boolean) {
    this.wantsSaid = wantsSaid;
  }

  start(user: LinkUser): void {
    this.user = user;
  }

  hear(samples: Int16Array, at: number): void {
    this.heard = { samples, at };
    this.wake();
  }

  said(_: Int16Array, at: number): void {
    this.saidAt.push(at);
    this.wake();
  }

  mark(name: string, reached: boolean): void {
    this.marks.push({ name, reached });
    this.wake();
  }

  digit(): void {}
  speech(): void {}
  stop(): void {}

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const clients: SipClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** A caller, and a bridge on the other side whose clock is the test's. */
async function bridged({ wantsSaid = false } = {}): Promise<{
  caller: Call;
  call: Call;
  link: TestLink;
  user: LinkUser;
  clock: VirtualClock;
  end: Promise<BridgeEnd>;
}> {
  const [alice, desk] = [46_000, 46_100].map((from) => {
    const ports = { from, to: from + 99 };
    const client = new SipClient({
      uri: 'sip:anyone@127.0.0.1',
      runtime: nodeRuntime(),
      media: { ports },
    });
    clients.push(client);
    return client;
  }) as [SipClient, SipClient]; // as many as ports
  const calls = desk.incoming();
  const caller = await alice.call(await desk.contact());
  const { value: call } = await calls.next();
  if (call === undefined) throw new Error('no call came');
  await call.answer();
  await caller.connected;
  const clock = new VirtualClock();
  const link = new TestLink(wantsSaid);
  const limits = { toCallerBytes: 1_000_000, clearsOnSpeech: false };
  const end = new Bridge({ call, link, clock, logger, ...limits }).run();
  if (link.user === undefined) throw new Error('it has not begun');
  return { caller, call, link, user: link.user, clock, end };
}

it('goes on in media that was had anew, both ways, and time goes on, too', async () => {
  const { caller, call, link, user, clock, end } = await bridged();
  caller.play({ type: 'tone', frequencyHz: 700 });
  const hears = (hz: number): boolean => isTone(link.heard.samples, 8000, hz);
  await link.until(() => hears(700));
  clock.advance(60_000);
  call.session.handleMediaFailure('SOCKET_LOST');
  await link.until(() => link.heard.at >= 60_000 && hears(700));
  user.onAudio(tone(900, 400), 8000);
  user.onMark('said');
  expect(await hearsTone(caller, 900)).toBe(true);
  await link.until(() => link.marks.length > 0);
  expect(link.marks).toEqual([{ name: 'said', reached: true }]);
  await caller.hangUp();
  expect(await end).toEqual({ kind: 'callEnded' });
});

it('tells when something was said by the clock, pauses with it', async () => {
  const { link, user, clock } = await bridged({ wantsSaid: true });
  clock.advance(500);
  user.onAudio(tone(900, 60), 8000);
  await link.until(() => link.saidAt.length === 3);
  expect(link.saidAt).toEqual([480, 500, 520]);
  clock.advance(5000);
  user.onAudio(tone(900, 60), 8000);
  await link.until(() => link.saidAt.length === 6);
  expect(link.saidAt.slice(3)).toEqual([5480, 5500, 5520]);
  user.onAudio(tone(900, 20_000), 8000);
  user.onClear();
  clock.advance(5000);
  const before = link.saidAt.length;
  user.onAudio(tone(900, 20), 8000);
  await link.until(() => (link.saidAt.at(-1) ?? 0) > 10_000);
  expect(link.saidAt.length - before).toBeLessThan(50);
  expect(link.saidAt.at(-1)).toBe(10_480);
});

it('gives marks back that media has no room for', async () => {
  const { link, user } = await bridged({ wantsSaid: true });
  user.onAudio(tone(900, 160), 8000); // a mark of our own for each packet of it
  for (let sent = 0; sent < 1000; sent++) user.onMark(`${sent}`);
  await link.until(() => link.marks.length === 1000);
  expect(link.marks.some(({ reached }) => !reached)).toBe(true);
  const { length } = link.marks;
  user.onMark('later');
  await link.until(() => link.marks.length > length);
  expect(link.marks.at(-1)).toEqual({ name: 'later', reached: true });
});
