export { describeDatagrams, describeForwarding } from './describe-datagrams.ts';
export { describeMediaBackend, type TestRunner } from './describe-media-backend.ts';
export { describeStore, type StoreUnderTest } from './describe-store.ts';
export {
  FakeMediaBackend,
  type FakeMediaOperation,
  type FakeMediaOptions,
  type FakeMediaWire,
} from './fake-media.ts';
export { FakeConference } from './fake-conference.ts';
export { FakeFeed } from './fake-feed.ts';
export { FakeRecorder, type FakeRecording } from './fake-recorder.ts';
export { FakeMediaEndpoint } from './fake-media-endpoint.ts';
export { FAKE_SUITE } from './fake-sdp.ts';
export {
  type Counted,
  createSimulation,
  type Simulation,
  type SimulationOptions,
} from './simulation.ts';
export { type HostOptions, SimulatedHost } from './simulation-host.ts';
export type { LadderEntry } from './simulation-ladder.ts';
export { type DnsEntry, type DnsFailure, SimulatedDns } from './simulation-dns.ts';
export type { LinkSettings } from './simulation-links.ts';
export { type NatOptions, SimulatedNat } from './simulation-nat.ts';
export { type RefusedPacket, SimulatedNetwork, type WireEvent } from './simulation-network.ts';
export type { Machine, Program } from './simulation-process.ts';
export { describeTransport, type TransportArena, type TransportEnd } from './describe-transport.ts';
export { type Attack, Attacker, type AttackerOptions } from './simulation-attacker.ts';
export {
  type Invariant,
  INVARIANTS,
  watch,
  type Watch,
  type Watcher,
  type WatchOptions,
} from './simulation-invariants.ts';
export type { Observation, Told, WireSight } from './simulation-observation.ts';
export { FakePhone, type FakePhoneOptions } from './simulation-phone.ts';
export { PhoneCall, type PhoneCallEnd, type PhoneCallState } from './simulation-phone-call.ts';
export { createTestNetwork, type TestNetwork } from './simulation-test-network.ts';
