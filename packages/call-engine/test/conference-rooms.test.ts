import { type Dialog, parseConferenceInfo } from '@strowger/dialog-core';
import { uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import type { ConferenceRoomOptions } from '../src/conference-room.ts';
import type { Phone } from './phone.ts';
import { setStage } from './stage.ts';

const ROOM = '*6000';

/** A PBX with one room. */
function roomStage(options: ConferenceRoomOptions = {}) {
  const stage = setStage({}, { rooms: { [ROOM]: options }, publicAccess: [ROOM] });
  const [room] = stage.engine.rooms();
  const meetings: string[] = [];
  stage.engine.on('conferenceEnded', ({ room: name, ended }) => {
    meetings.push(`${name} ${ended.reason}`);
  });
  /** Presses keys, and waits until the PBX has heard them. */
  const press = async (
    phone: Phone,
    keys: string,
    dialog: Dialog | undefined = phone.dialogs.at(-1),
  ): Promise<void> => {
    if (dialog === undefined) throw new Error(`${phone.name} is in no call`);
    for (const key of keys) {
      void phone.info(dialog, 'application/dtmf-relay', `Signal=${key}\r\nDuration=100\r\n`);
      await stage.simulation.run(200);
    }
  };
  const stages = (): string[] => room?.conference?.members.map((one) => one.stage) ?? [];
  return { ...stage, room, meetings, press, stages };
}

describe('a conference room', () => {
  it('is a meeting for as long as somebody is in it, and each caller has a record', async () => {
    const { phone, simulation, engine, records, stages, meetings, strike } = roomStage();
    const [alice, bob] = [await phone('alice'), await phone('bob')];
    const [one, other] = [alice.call(ROOM), bob.call(ROOM)];
    await simulation.run(1000);
    expect([one.outcome, other.outcome, stages()]).toEqual([200, 200, ['in', 'in']]);
    expect(one.final?.headers.raw('Contact')[0]).toMatch(/^<sip:\*6000@[^>]+>;isfocus$/u);
    expect(engine.counts()).toMatchObject({ calls: 2, conferences: 1, endpoints: 2 });
    one.dialog?.bye();
    await simulation.run(1000);
    expect([stages(), meetings]).toEqual([['in'], []]);
    other.dialog?.bye();
    await simulation.run(1000);
    expect(meetings).toEqual([`${ROOM} empty`]);
    expect(records.map(({ callee, outcome, endedBy }) => [callee, outcome, endedBy])).toEqual([
      [ROOM, 'answered', 'caller'],
      [ROOM, 'answered', 'caller'],
    ]);
    await strike();
  });

  it('asks for its PIN, and makes a moderator of who knows the other one', async () => {
    const { phone, simulation, room, press, stages, strike } = roomStage({
      pin: '1234',
      moderatorPin: '98765',
    });
    const [alice, bob] = [await phone('alice'), await phone('bob')];
    alice.call(ROOM);
    bob.call(ROOM);
    await simulation.run(1000);
    expect(stages()).toEqual(['waiting', 'waiting']);
    await press(alice, '1234#');
    await press(bob, '98765');
    expect(stages()).toEqual(['in', 'in']);
    expect(room?.conference?.members.map(({ role }) => role)).toEqual(['speaker', 'moderator']);
    await strike();
  });

  it('hangs up on wrong PINs, on silence, and hears no more of who guesses on', async () => {
    const { phone, simulation, press, stages, strike } = roomStage({ pin: '1234' });
    const alice = await phone('alice');
    const wrong = async (): Promise<void> => {
      alice.call(ROOM);
      await simulation.run(1000);
      await press(alice, '1111#222#9#');
      await simulation.run(1000);
      expect([alice.log.at(-1), stages()]).toEqual(['ended bye', []]);
    };
    await wrong();
    await wrong();
    const shutOut = alice.call(ROOM);
    await simulation.run(1000);
    expect(shutOut.outcome).toBe(403);
    const bob = await phone('bob');
    bob.call(ROOM);
    await simulation.run(20_000);
    expect(bob.log.at(-1)).toBe('ended bye');
    await strike();
  });

  it('counts guesses of calls at the same time, and looks at none that comes too late', async () => {
    const { phone, simulation, press, stages, strike } = roomStage({ pin: '1234' });
    const alice = await phone('alice');
    for (const _ of [1, 2, 3]) alice.call(ROOM);
    await simulation.run(1000);
    const [first, second, third] = alice.dialogs;
    if (!first || !second || !third) throw new Error('three calls');
    for (const dialog of [first, second]) await press(alice, '1111#222#9#', dialog);
    await press(alice, '1234', third);
    await simulation.run(1000);
    expect(stages()).toEqual([]);
    await strike();
  });

  it('is full, or locked by a moderator who mutes with a key as everybody does', async () => {
    const { phone, simulation, room, press, strike } = roomStage({
      moderatorPin: '99',
      maximum: 3,
      endsWithModerator: true,
    });
    const [alice, bob, carol, dave] = await Promise.all(
      ['alice', 'bob', 'carol', 'dave'].map((name) => phone(name)),
    );
    if (!alice || !bob || !carol || !dave) throw new Error('four phones');
    alice.call(ROOM);
    bob.call(ROOM);
    await simulation.run(1000);
    await press(alice, '99');
    await press(bob, '#');
    await press(bob, '*7*6');
    expect(room?.conference?.isLocked).toBe(false);
    expect(room?.conference?.members.map(({ muted }) => muted)).toEqual([false, true]);
    await press(bob, '*6');
    expect(room?.conference?.members.map(({ muted }) => muted)).toEqual([false, false]);
    await press(alice, '*7');
    const locked = carol.call(ROOM);
    await simulation.run(1000);
    await press(alice, '*7');
    carol.call(ROOM);
    const full = dave.call(ROOM);
    await simulation.run(1000);
    expect([locked.outcome, full.outcome]).toEqual([486, 486]);
    alice.dialogs.at(-1)?.bye();
    await simulation.run(1000);
    expect([bob.log.at(-1), carol.log.at(-1), room?.conference]).toEqual([
      'ended bye',
      'ended bye',
      undefined,
    ]);
    await strike();
  });
});

describe('the roster of a room (RFC 4575)', () => {
  /** Who a phone sees in the room, or the status that it gets. */
  const rosterOf = async (
    stage: ReturnType<typeof roomStage>,
    phone: Phone,
    from = phone.address,
  ): Promise<string[]> => {
    const seen: string[] = [];
    const subscription = phone.layer.subscribe(
      {
        to: uri(`sip:${ROOM}@pbx`),
        from,
        event: 'conference',
        expiresSeconds: 60,
        credentials: () => ({ username: phone.name, password: `pw-${phone.name}` }),
      },
      {
        onSubscription: (one) => {
          one.user = {
            onNotify: ({ request }) => {
              const read = parseConferenceInfo(request.body);
              if (read.ok) seen.push(...read.value.users.map(({ entity }) => entity));
            },
          };
        },
        onFailed: (end) => seen.push(end.kind === 'rejected' ? `${end.status}` : end.kind),
      },
    );
    await stage.simulation.run(1000);
    subscription.unsubscribe();
    await stage.simulation.run(1000);
    return seen.slice(0, 1);
  };

  it('is shown to users, where no PIN is asked for, and to nobody else', async () => {
    const stage = roomStage();
    const [alice, bob] = [await stage.phone('alice'), await stage.phone('bob')];
    alice.call(ROOM);
    await stage.simulation.run(1000);
    expect(await rosterOf(stage, bob)).toEqual(['sip:alice@pbx']);
    const forged = await stage.phone('forger', { password: 'wrong' });
    expect(await rosterOf(stage, forged, alice.address)).toEqual(['403']);
    await stage.strike();
  });

  it('is not shown where a PIN is asked for', async () => {
    const stage = roomStage({ moderatorPin: '99' });
    const [alice, bob] = [await stage.phone('alice'), await stage.phone('bob')];
    alice.call(ROOM);
    await stage.simulation.run(1000);
    await stage.press(alice, '99');
    expect(await rosterOf(stage, bob)).toEqual(['403']);
    await stage.strike();
  });
});
