export { describeMediaBackend, type TestRunner } from './describe-media-backend.ts';
export { describeStore, type StoreUnderTest } from './describe-store.ts';
export {
  FakeMediaBackend,
  type FakeMediaOperation,
  type FakeMediaOptions,
  type FakeMediaWire,
} from './fake-media.ts';
export { FakeMediaEndpoint } from './fake-media-endpoint.ts';
export {
  type Counted,
  createSimulation,
  type Simulation,
  type SimulationOptions,
} from './simulation.ts';
export { type HostOptions, SimulatedHost } from './simulation-host.ts';
export type { LadderEntry } from './simulation-ladder.ts';
export { type LinkSettings, type RefusedPacket, SimulatedNetwork } from './simulation-network.ts';
export { describeTransport, type TransportArena, type TransportEnd } from './describe-transport.ts';
