import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { FailureTable } from './failure-table.ts';

const limits = { failures: 3, windowMs: 60_000, longestMs: 200_000, entries: 2 };

function setTable() {
  const clock = new VirtualClock();
  const table = new FailureTable(clock, limits);
  const fail = (times: number, key = 'alice'): void => {
    for (let guess = 0; guess < times; guess++) table.failed(key);
  };
  return { clock, table, fail };
}

describe('the failure table', () => {
  it('shuts out after too many failures, for a while', () => {
    const { clock, table, fail } = setTable();
    fail(2);
    expect(table.shutOutMs('alice')).toBe(0);
    fail(1);
    expect(table.shutOutMs('alice')).toBe(60_000);
    expect(table.shutOutMs('bob')).toBe(0);
    clock.advance(60_000);
    expect(table.shutOutMs('alice')).toBe(0);
  });

  it('shuts out twice as long each time, within a limit, and forgets after a quiet while', () => {
    const { clock, table, fail } = setTable();
    for (const lastsMs of [60_000, 120_000, 200_000, 200_000]) {
      fail(3);
      expect(table.shutOutMs('alice')).toBe(lastsMs);
      clock.advance(lastsMs);
    }
    clock.advance(200_000);
    fail(3);
    expect(table.shutOutMs('alice')).toBe(60_000);
  });

  it('counts failures that follow each other within the window', () => {
    const { clock, table, fail } = setTable();
    for (let minute = 0; minute < 20; minute++) {
      fail(2);
      clock.advance(60_000);
    }
    expect(table.shutOutMs('alice')).toBe(0);
  });

  it('forgets failures when the right password comes', () => {
    const { table, fail } = setTable();
    fail(2);
    table.succeeded('alice');
    fail(1);
    expect(table.shutOutMs('alice')).toBe(0);
  });

  it('remembers a bounded number', () => {
    const { table, fail } = setTable();
    for (let guess = 0; guess < 100; guess++) fail(1, `user${guess}`);
    expect(table.size).toBe(2);
  });
});
