import * as dialogCore from '@strowger/dialog-core';
import { rowsOf, step } from '@strowger/runtime';
import * as sessionCore from '@strowger/session-core';
import * as transactionCore from '@strowger/transaction-core';
import * as voiceAgent from '@strowger/voice-agent';

/** A table as it is exported: whatever has states with inputs that are functions. */
type AnyTable = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const PACKAGES: Readonly<Record<string, object>> = {
  'transaction-core': transactionCore,
  'dialog-core': dialogCore,
  'session-core': sessionCore,
  'voice-agent': voiceAgent,
};

/** The Mermaid diagrams of every state table that the packages export: tables that come, come in. */
export function stateDiagrams(): string {
  const parts = [
    '# State machines',
    '',
    'Written by `pnpm diagrams` from the tables themselves; a test fails when this page is stale. An',
    'arrow is a row: the input that is taken in a state, and the states that it was seen to lead to.',
    'A row whose outcome depends on more than a glance at it can show is drawn as a loop with `…`.',
    '',
  ];
  for (const [name, exported] of Object.entries(PACKAGES)) {
    parts.push(`## ${name}`, '');
    for (const [tableName, table] of tablesOf(exported)) {
      parts.push(`### ${tableName}`, '', '```mermaid', 'stateDiagram-v2');
      parts.push(...arrowsOf(table), '```', '');
    }
  }
  return parts.join('\n');
}

/** The exported tables, by name. */
export function tablesOf(exported: object): [string, AnyTable][] {
  return Object.entries(exported)
    .filter((entry): entry is [string, AnyTable] => isTable(entry[1]))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function isTable(value: unknown): value is AnyTable {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const rows: unknown[] = Object.values(value);
  const isRow = (row: unknown): boolean =>
    typeof row === 'object' &&
    row !== null &&
    !Array.isArray(row) &&
    Object.values(row).every((arrow) => typeof arrow === 'function');
  return rows.length > 1 && rows.every(isRow) && rowsOf(value).length > 1;
}

function arrowsOf(table: AnyTable): string[] {
  const arrows = new Map<string, string[]>();
  for (const [state, input] of rowsOf(table)) {
    const targets = targetsOf(table, state, input);
    for (const target of targets.length > 0 ? targets : [state]) {
      const key = `${state} --> ${target}`;
      const label = targets.length > 0 ? input : `${input} …`;
      arrows.set(key, [...(arrows.get(key) ?? []), label]);
    }
  }
  const [first] = Object.keys(table);
  const lines = [`  [*] --> ${first}`];
  for (const [key, inputs] of arrows) lines.push(`  ${key}: ${inputs.join(', ')}`);
  for (const [state, row] of Object.entries(table)) {
    if (Object.keys(row).length === 0) lines.push(`  ${state} --> [*]`);
  }
  return lines;
}

/** Where a row leads for what an arrow may be asked with: both sides of its conditions. */
function targetsOf(table: AnyTable, state: string, input: string): string[] {
  const found = new Set<string>();
  for (const flavour of [true, false, 0, 200, 487, 491, '', undefined, [], {}]) {
    try {
      // any table, with a state, an input and a context that have every property: only names matter
      const taken = step(
        table as Parameters<typeof step>[0],
        pretend(flavour, { name: state }) as { name: string },
        pretend(flavour, { type: input }) as { type: string },
        pretend(flavour, {}),
      );
      const next: unknown = taken?.next.name;
      if (typeof next === 'string' && Object.hasOwn(table, next)) found.add(next);
    } catch {
      // this flavour is none that the row could meet
    }
  }
  return [...found].toSorted();
}

/** An object with every property: those given, and else `flavour`. */
function pretend(flavour: unknown, given: Readonly<Record<string, unknown>>): object {
  return new Proxy(
    { ...given },
    {
      get: (target, name) => {
        if (typeof name === 'symbol') return undefined;
        if (Object.hasOwn(target, name)) return given[name];
        if (name === 'timers' || name === 'request') return pretend(0, {});
        if (name === 'response') return pretend(flavour, { status: flavour });
        return name.startsWith('build') ? () => pretend(flavour, {}) : flavour;
      },
    },
  );
}
