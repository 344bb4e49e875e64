import type { ApplicationEventName, SessionEvent } from '@strowger/session-core';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { finish, talking } from './two-phones.ts';

declare module '@strowger/session-core' {
  interface ApplicationEvents {
    queued: { place: number };
    note: string;
  }
}

describe("the application's own events", () => {
  it('are those that it declared, each with what it says, for who tells and who listens', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    expectTypeOf<ApplicationEventName>().toEqualTypeOf<'queued' | 'note'>();
    const told: string[] = [];
    const take = (event: Extract<SessionEvent, { type: 'custom' }>): void => {
      if (event.name === 'queued') {
        expectTypeOf(event.data).toEqualTypeOf<{ place: number }>();
        told.push(`place ${event.data.place}`);
      } else {
        expectTypeOf(event.data).toEqualTypeOf<string>();
        told.push(event.data.toUpperCase());
      }
    };
    alice.session.on('custom', take);
    alice.manager.on('custom', (event) => {
      expectTypeOf(event).toEqualTypeOf<Parameters<typeof take>[0]>();
      take(event);
    });
    alice.session.publish('queued', { place: 3 });
    alice.session.publish('note', 'vip');
    // @ts-expect-error: a place is a number
    expectTypeOf(alice.session.publish<'queued'>).toBeCallableWith('queued', { place: 'third' });
    // @ts-expect-error: nobody declared it
    expectTypeOf(alice.session.publish).toBeCallableWith('unheard of', 1);
    expect(told).toEqual(['place 3', 'place 3', 'VIP', 'VIP']);
    void alice.session.hangUp();
    await finish(both);
    expect(simulation.ladder()).toContain('BYE');
  });

  it('are typed in a stream that has these alone', async () => {
    const both = await talking();
    const { alice } = both;
    const stream = alice.manager.events({ types: ['custom', 'stateChanged'] });
    alice.session.publish('queued', { place: 1 });
    const { value } = await stream.next();
    type Type = Exclude<typeof value, void>['type'];
    expectTypeOf<Type>().toEqualTypeOf<'custom' | 'stateChanged' | 'dropped'>();
    expect(value).toMatchObject({ type: 'custom', name: 'queued', data: { place: 1 } });
    if (value?.type !== 'custom' || value.name !== 'queued') throw new Error('another one');
    expectTypeOf(value.data.place).toEqualTypeOf<number>();
    await stream.return();
    void alice.session.hangUp();
    await finish(both);
  });
});
