import { type Endpoint, seededRandom, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import type { IceCandidate, IceDescription } from '../sdp/index.ts';
import {
  ATTRIBUTES,
  readErrorCode,
  readStun,
  type StunMessage,
  utf8,
  writeStun,
} from '../stun/index.ts';
import { candidatePriority, type IceBase, IceSession, localCandidate } from './index.ts';

const BASE: IceBase = { type: 'host', priority: candidatePriority('host') };
const STRANGER: Endpoint = { address: '203.0.113.66', port: 6666 };
type Name = 'left' | 'right';

interface Side {
  readonly session: IceSession;
  readonly description: IceDescription;
  readonly at: Endpoint;
  readonly failures: string[];
  readonly selected: string[];
}

/** What stands between: where a packet comes out, seen from where; `undefined`: it is lost. */
type Path = (from: Endpoint, to: Endpoint, message: StunMessage) => Endpoint | undefined;

/** Two sessions, 10 ms apart, each on a socket of its own. */
function story({
  lite = {},
  controlling = { left: true, right: false },
  path = (from) => from,
  candidates = {},
  seed = 1,
}: {
  lite?: Partial<Record<Name, boolean>>;
  controlling?: Record<Name, boolean>;
  path?: Path;
  candidates?: Partial<Record<Name, readonly IceCandidate[]>>;
  seed?: number;
} = {}) {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const ladder: string[] = [];
  const places = {
    left: { address: '192.0.2.1', port: 4000 },
    right: { address: '198.51.100.2', port: 5000 },
  };
  const sides: Partial<Record<Name, Side>> = {};
  const mapped = new Map<string, Endpoint>();
  const side = (name: Name, generation = ''): Side => {
    const at = places[name];
    const failures: string[] = [];
    const selected: string[] = [];
    const description = {
      ufrag: `${name}${generation}`,
      pwd: `${name}${generation}`.padEnd(24, 'p'),
      lite: lite[name] ?? false,
      candidates: candidates[name] ?? [localCandidate('host', at)],
    };
    const session = new IceSession({
      clock,
      random,
      family: 4,
      onFailed: (reason) => failures.push(reason),
      onSelected: ({ remote }) => selected.push(`${remote.address}:${remote.port}`),
      send: (packet, base, to) => {
        const message = readStun(packet);
        if (message === undefined || base !== BASE) throw new Error('not a message');
        const seen = path(at, to, message);
        ladder.push(`${clock.now()} ${name} ${textOf(message)}${seen ? '' : ' lost'}`);
        if (seen === undefined) return;
        mapped.set(`${seen.address}:${seen.port}`, at);
        const place = mapped.get(`${to.address}:${to.port}`) ?? to;
        clock.arm(10, () => {
          const other = Object.values(sides).find((one) => one.at.port === place.port);
          if (other?.at.address === place.address) other.session.receive(message, BASE, seen);
        });
      },
    });
    session.addBase(BASE);
    return { session, description, at, failures, selected };
  };
  const left = (sides.left = side('left'));
  const right = (sides.right = side('right'));
  const begin = (): void => {
    const [l, r] = [left.description, right.description];
    left.session.configure({ local: l, remote: r, controlling: controlling.left });
    right.session.configure({ local: r, remote: l, controlling: controlling.right });
  };
  return { clock, ladder, left, right, begin };
}

function textOf({ kind, attributes }: StunMessage): string {
  const code = readErrorCode(attributes.get(ATTRIBUTES.errorCode));
  return [kind, attributes.has(ATTRIBUTES.useCandidate) && 'nominates', code]
    .filter(Boolean)
    .join(' ');
}

describe('ICE between two sides', () => {
  it('checks, and nominates what works (RFC 8445 §7, §8)', () => {
    const { clock, ladder, left, right, begin } = story();
    begin();
    clock.advance(1000);
    expect(ladder).toEqual([
      '0 left request',
      '0 right request',
      '10 right success',
      '10 left success',
      '20 left request nominates',
      '30 right success',
    ]);
    expect(left.session.target?.remote).toMatchObject(right.at);
    expect(right.session.target?.remote).toMatchObject(left.at);
  });

  it('lets a lite side answer alone, and go by what is nominated (RFC 8445 §8.2)', () => {
    const { clock, ladder, left, right, begin } = story({ lite: { right: true } });
    begin();
    clock.advance(25);
    expect(right.session.target).toBeUndefined();
    clock.advance(1000);
    expect(ladder).toEqual([
      '0 left request',
      '10 right success',
      '20 left request nominates',
      '30 right success',
    ]);
    expect(right.session.target?.remote).toMatchObject(left.at);
  });

  it.each([
    ['left', true],
    ['right', false],
  ])(
    'finds out who controls where both want to, or neither (%s) (RFC 8445 §7.3.1.1)',
    (_, both) => {
      for (let seed = 1; seed < 9; seed++) {
        const controlling = { left: both, right: both };
        const { clock, ladder, left, right, begin } = story({ controlling, seed });
        begin();
        clock.advance(5000);
        expect(ladder.join('\n')).toContain('error 487');
        expect(left.session.target?.remote, `seed ${seed}`).toMatchObject(right.at);
        expect(right.session.target?.remote, `seed ${seed}`).toMatchObject(left.at);
      }
    },
  );

  it('learns the address of a side behind a NAT from its checks (RFC 8445 §7.3.1.3)', () => {
    const outside = { address: '203.0.113.5', port: 61_000 };
    const { clock, left, right, begin } = story({
      path: (from, to) => {
        if (from.address === '192.0.2.1') return outside;
        return to.address === '192.0.2.1' ? undefined : from; // its own address is unknown outside
      },
    });
    begin();
    clock.advance(20_000);
    expect(right.session.target?.remote).toMatchObject(outside);
    expect(right.session.isVerified(outside)).toBe(true);
    expect(right.session.isVerified(left.at)).toBe(false);
    expect(left.session.target?.remote).toMatchObject(right.at);
    expect(right.failures).toEqual([]);
  });

  it('takes the best of several addresses that work, and passes over those that do not', () => {
    const dead = {
      ...localCandidate('host', { address: '198.51.100.9', port: 9 }),
      priority: 2 ** 31 - 1,
    };
    const alive = localCandidate('host', { address: '198.51.100.2', port: 5000 });
    const { clock, left, right, begin } = story({ candidates: { right: [dead, alive] } });
    begin();
    clock.advance(1000);
    expect(left.session.target?.remote).toMatchObject(right.at);
    expect(right.session.target?.remote).toMatchObject(left.at);
  });

  it('bears losses', () => {
    for (let seed = 0; seed < 30; seed++) {
      const chance = seededRandom(seed);
      const path: Path = (from) => (chance.float() < 0.2 ? undefined : from);
      const { clock, left, right, begin } = story({ path, seed });
      begin();
      clock.advance(35_000);
      expect(left.session.target?.remote, `seed ${seed}`).toMatchObject(right.at);
      expect(right.session.target?.remote, `seed ${seed}`).toMatchObject(left.at);
    }
  });

  it('gives up where nothing works, and leaves no timer', () => {
    const { clock, ladder, left, right, begin } = story({ path: () => undefined });
    begin();
    clock.advance(39_500);
    expect([left.failures, right.failures]).toEqual([['No addresses work'], ['No addresses work']]);
    expect(ladder.filter((line) => line.includes('left'))).toHaveLength(15);
    expect(clock.armedTimers).toBe(0);
  });

  it('asks for consent, and stops sending half a minute after the last (RFC 7675 §5.1)', () => {
    let isCut = false;
    const path: Path = (from) => (isCut ? undefined : from);
    const { clock, left, right, begin } = story({ path });
    begin();
    clock.advance(60_000);
    expect([left.failures, right.failures]).toEqual([[], []]);
    isCut = true;
    clock.advance(36_000);
    expect([left.failures, right.failures]).toEqual([
      ['The other side no longer answers'],
      ['The other side no longer answers'],
    ]);
    expect(left.session.target).toBeUndefined();
    expect(left.session.isVerified(right.at)).toBe(false);
    expect(clock.armedTimers).toBe(0);
  });

  it('asks for consent unless it is lite, which cannot know whether it is wanted', () => {
    const { clock, left, right, begin } = story({ lite: { right: true } });
    begin();
    clock.advance(1000);
    expect([left, right].map(({ session }) => session.asksForConsent)).toEqual([true, false]);
  });

  it('goes on where it was while it begins anew, and then elsewhere (RFC 8445 §9)', () => {
    const { clock, left, right, begin } = story();
    begin();
    clock.advance(1000);
    const [l, r] = [again(left), again(right)];
    left.session.configure({ local: l, remote: r, controlling: true });
    expect(left.session.target?.remote).toMatchObject(right.at);
    clock.advance(1000);
    right.session.configure({ local: r, remote: l, controlling: false });
    expect(right.session.target?.remote).toMatchObject(left.at);
    clock.advance(5000);
    expect(left.selected).toHaveLength(2);
    expect(right.selected).toHaveLength(2);
  });

  it.each([true, false])('knows who has not heard of our new name yet (lite: %s)', (lite) => {
    const { clock, left, right, begin } = story({ lite: { right: lite } });
    begin();
    clock.advance(1000);
    const [l, r] = [again(left), again(right)];
    const unheard = { ...l, candidates: [] }; // they come in checks alone
    right.session.configure({ local: r, remote: unheard, controlling: false });
    left.session.configure({ local: l, remote: right.description, controlling: true });
    clock.advance(60_000);
    expect(right.selected).toHaveLength(2);
    expect(right.session.target?.remote).toMatchObject(left.at);
    expect(right.session.isVerified(left.at)).toBe(true);
    expect(right.failures).toEqual([]);
  });

  it('heeds no check of before once it has begun anew (RFC 8445 §9)', () => {
    const { clock, left, right, begin } = story({ lite: { right: true } });
    begin();
    clock.advance(1000);
    right.session.configure({ local: again(right), remote: again(left), controlling: false });
    const { pwd } = right.description;
    right.session.receive(request('right:left', pwd, NOMINATES), BASE, STRANGER);
    right.session.receive(request('right:left2', 'wrong', NOMINATES), BASE, STRANGER);
    expect(right.session.isVerified(STRANGER)).toBe(false);
    expect(right.session.target?.remote).toMatchObject(left.at);
  });

  it('bears candidates that come later, in any number', () => {
    const { clock, ladder, left, right, begin } = story({
      candidates: { left: [], right: [] },
    });
    begin();
    clock.advance(1000);
    expect(ladder).toEqual([]);
    const many = Array.from({ length: 500 }, (_, at) =>
      localCandidate('host', { address: '198.51.100.77', port: 1000 + at }),
    );
    left.session.addRemotes({ candidates: [localCandidate('host', right.at), ...many] });
    clock.advance(20_000);
    expect(left.session.target?.remote).toMatchObject(right.at);
    expect(right.session.target?.remote).toMatchObject(left.at);
    expect(ladder.filter((line) => /left request/.test(line)).length).toBeLessThan(120);
  });
});

/** What a side says that begins anew. */
function again({ description }: Side): IceDescription {
  const { ufrag, pwd } = description;
  return { ...description, ufrag: `${ufrag}2`, pwd: `${pwd}2` };
}

/** A signed check of whoever knows the password. */
function request(username: string, password: string, ...more: [number, Uint8Array][]): StunMessage {
  const message = readStun(
    writeStun({
      kind: 'request',
      method: 1,
      transaction: new Uint8Array(12),
      attributes: [[ATTRIBUTES.username, utf8(username)], ...more],
      key: utf8(password),
      hasFingerprint: true,
    }),
  );
  if (message === undefined) throw new Error('unread');
  return message;
}

const NOMINATES: [number, Uint8Array] = [ATTRIBUTES.useCandidate, new Uint8Array(0)];

describe('strangers', () => {
  it('move nothing without the password, and learn nothing without the name (RFC 8489 §9.1.3)', () => {
    const { clock, ladder, left, begin } = story({ lite: { left: true } });
    begin();
    left.session.receive(request('nobody:x', 'x', NOMINATES), BASE, STRANGER);
    expect(ladder.filter((line) => line.includes('left'))).toEqual([]);
    left.session.receive(request('left:x', 'wrong', NOMINATES), BASE, STRANGER);
    expect(ladder.at(-1)).toBe('0 left error 401');
    expect(left.session.isVerified(STRANGER)).toBe(false);
    clock.advance(1000);
    expect(left.session.target?.remote).not.toMatchObject(STRANGER);
  });

  it('cannot ask for what is not understood (RFC 8489 §6.3.1)', () => {
    const { ladder, left, begin } = story({ lite: { left: true } });
    begin();
    left.session.receive(
      request('left:x', left.description.pwd, [0x7777, utf8('?')]),
      BASE,
      STRANGER,
    );
    expect(ladder.at(-1)).toBe('0 left error 420');
  });
});
