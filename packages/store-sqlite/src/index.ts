export type { SqliteDriver } from './sqlite-driver.ts';
export { SqliteStores, type SqliteStoresOptions } from './sqlite-stores.ts';
