import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStore } from '@strowger/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS, migrate, schemaVersion } from '../src/schema.ts';
import { defaultDriver, openDatabase, type SqliteDriver } from '../src/sqlite-driver.ts';
import { SqliteStores } from '../src/sqlite-stores.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'strowger-store-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const drivers = [...new Set<SqliteDriver>(['libsql', defaultDriver()])];
for (const driver of drivers) {
  describeStore({ describe, it }, `SQLite (${driver})`, async () => {
    const path = join(folder, 'strowger.db');
    let stores = SqliteStores.open({ path, driver });
    return {
      stores,
      async reopen() {
        stores.close();
        stores = SqliteStores.open({ path, driver });
        return stores;
      },
      async close() {
        stores.close();
      },
    };
  });
}

const user = { realm: 'pbx.example', username: 'alice', ha1: { MD5: 'ab' } };

describe('a SQLite file', () => {
  it('holds what was written when the process died without closing it', async () => {
    const path = join(folder, 'living.db');
    const stores = SqliteStores.open({ path });
    await stores.credentials.put(user);
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) copyFileSync(path + suffix, join(folder, `dead.db${suffix}`));
    }
    stores.close();
    const found = SqliteStores.open({ path: join(folder, 'dead.db') });
    expect(await found.credentials.find('pbx.example', 'alice')).toEqual(user);
    found.close();
  });

  it('may be shared by two processes', async () => {
    const path = join(folder, 'shared.db');
    const [one, other] = [SqliteStores.open({ path }), SqliteStores.open({ path })];
    await one.credentials.put(user);
    expect(await other.credentials.find('pbx.example', 'alice')).toEqual(user);
    one.close();
    other.close();
  });

  it('can be read by its owner alone', () => {
    const path = join(folder, 'private.db');
    SqliteStores.open({ path }).close();
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('of a later version is refused and left as it is', () => {
    const path = join(folder, 'later.db');
    const database = openDatabase(path, defaultDriver());
    migrate(database, [...MIGRATIONS, 'CREATE TABLE later (id)']);
    database.close();
    expect(() => SqliteStores.open({ path })).toThrow(/schema 2; this version knows 1/);
    const again = openDatabase(path, defaultDriver());
    expect(schemaVersion(again)).toBe(2);
    again.close();
  });

  it('of an earlier version is brought up to date with its contents', async () => {
    const path = join(folder, 'earlier.db');
    const stores = SqliteStores.open({ path });
    await stores.credentials.put(user);
    stores.close();
    const database = openDatabase(path, defaultDriver());
    migrate(database, [...MIGRATIONS, 'ALTER TABLE credentials ADD COLUMN note TEXT']);
    expect(database.prepare('SELECT username, note FROM credentials').all()).toEqual([
      { username: 'alice', note: null },
    ]);
    database.close();
  });

  it('stays at its version when a migration fails half-way', () => {
    const database = openDatabase(join(folder, 'half.db'), defaultDriver());
    migrate(database);
    const broken = [...MIGRATIONS, 'CREATE TABLE half (id); CREATE TABLE half (id);'];
    expect(() => migrate(database, broken)).toThrow();
    expect(schemaVersion(database)).toBe(1);
    migrate(database, [...MIGRATIONS, 'CREATE TABLE half (id)']);
    database.close();
  });

  it('that is no database is named in the error', () => {
    const path = join(folder, 'text.db');
    writeFileSync(path, 'this is a letter to my mother, and not a database '.repeat(30));
    expect(() => SqliteStores.open({ path })).toThrow(/cannot open the store .*text\.db/);
  });
});
