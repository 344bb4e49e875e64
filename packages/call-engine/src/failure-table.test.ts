import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { FailureTable } from './failure-table.ts';

const limits = { failures: 3, windowMs: 60_000, entries: 2 };

describe('the failure table', () => {
  it('shuts a user name out at an address after too many failures, for a while', () => {
    const clock = new VirtualClock();
    const table = new FailureTable(clock, limits);
    for (let guess = 0; guess < 3; guess++) {
      expect(table.shutOutMs('192.0.2.66', 'alice')).toBe(0);
      table.failed('192.0.2.66', 'alice');
    }
    expect(table.shutOutMs('192.0.2.66', 'alice')).toBe(60_000);
    expect(table.shutOutMs('192.0.2.1', 'alice')).toBe(0);
    expect(table.shutOutMs('192.0.2.66', 'bob')).toBe(0);
    clock.advance(60_000);
    expect(table.shutOutMs('192.0.2.66', 'alice')).toBe(0);
  });

  it('forgets failures when the right password comes', () => {
    const table = new FailureTable(new VirtualClock(), limits);
    table.failed('192.0.2.1', 'alice');
    table.failed('192.0.2.1', 'alice');
    table.succeeded('192.0.2.1', 'alice');
    table.failed('192.0.2.1', 'alice');
    expect(table.shutOutMs('192.0.2.1', 'alice')).toBe(0);
  });

  it('remembers a bounded number of pairs', () => {
    const table = new FailureTable(new VirtualClock(), limits);
    for (let guess = 0; guess < 100; guess++) table.failed('192.0.2.66', `user${guess}`);
    expect(table.size).toBe(2);
  });
});
