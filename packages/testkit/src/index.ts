export { describeMediaBackend, type TestRunner } from './describe-media-backend.ts';
export { describeStore, type StoreUnderTest } from './describe-store.ts';
export {
  FakeMediaBackend,
  type FakeMediaOperation,
  type FakeMediaOptions,
  type FakeMediaWire,
} from './fake-media.ts';
export { FakeMediaEndpoint } from './fake-media-endpoint.ts';
