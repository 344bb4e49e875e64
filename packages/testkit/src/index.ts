export { describeStore, type StoreUnderTest } from './describe-store.ts';
