// Users, registrations and call records in one file that outlives the process.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeHa1 } from '@strowger/sip-message';
import { SqliteStores } from '@strowger/store-sqlite';

const folder = await mkdtemp(join(tmpdir(), 'strowger-'));
const path = join(folder, 'pbx.db');
const bob = { realm: 'pbx.example', username: 'bob' };

const stores = SqliteStores.open({ path });
await stores.credentials.put({
  ...bob,
  ha1: { 'SHA-256': computeHa1('SHA-256', { ...bob, password: 'builder' }) },
});
stores.close();

const later = SqliteStores.open({ path });
const found = await later.credentials.find(bob.realm, bob.username);
console.log(Object.keys(found?.ha1 ?? {})); // prints: [ 'SHA-256' ]
later.close();
await rm(folder, { recursive: true });
