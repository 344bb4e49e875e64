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
