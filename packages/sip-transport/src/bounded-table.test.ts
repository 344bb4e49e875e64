import { describe, expect, it } from 'vitest';
import { BoundedTable } from './bounded-table.ts';

describe('a bounded table', () => {
  it('lets the entry longest unused make room', () => {
    const table = new BoundedTable<string, number>(2);
    table.set('a', 1);
    table.set('b', 2);
    table.get('a');
    table.set('c', 3);
    expect([table.get('a'), table.get('b'), table.get('c')]).toEqual([1, undefined, 3]);
    expect(table.size).toBe(2);
  });

  it('keeps what is used while the others come and go', () => {
    const table = new BoundedTable<string, number>(10);
    table.set('used', 0);
    for (let i = 0; i < 100; i++) {
      table.set(String(i), i);
      table.get('used');
    }
    expect([table.size, table.get('used'), table.get('99'), table.get('0')]).toEqual([
      10,
      0,
      99,
      undefined,
    ]);
  });

  it('forgets on demand', () => {
    const table = new BoundedTable<string, number>(2);
    table.set('a', 1);
    table.delete('a');
    expect(table.get('a')).toBe(undefined);
    table.set('b', 1);
    table.clear();
    expect(table.size).toBe(0);
  });
});
