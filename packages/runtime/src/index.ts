export { type Clock, VirtualClock } from './clock.ts';
export {
  type DatagramIo,
  type DatagramOptions,
  type DatagramSocket,
  type Endpoint,
  isDscp,
} from './datagram-io.ts';
export { type Recovery, StrowgerError, type StrowgerErrorOptions } from './errors.ts';
export { Emitter, type Unsubscribe } from './events.ts';
export { type Logger, silentLogger } from './logger.ts';
export { AddressWatch, type NetworkWatch } from './network-watch.ts';
export {
  canReusePort,
  type NodeRuntimeOptions,
  nodeRuntime,
  type Runtime,
} from './node-runtime.ts';
export { jsonLine, printable, printableJson } from './printable.ts';
export { type Random, randomFrom, seededRandom } from './random.ts';
export {
  type ForwardedPacket,
  type Forwarding,
  ForwardingLog,
  type ForwardingRule,
  RtpForwarding,
} from './rtp-forwarding.ts';
export {
  type Arrow,
  Machine,
  type MachineOptions,
  rowsOf,
  type StateTable,
  type Step,
  step,
  to,
} from './state-table.ts';
export { type Timer, TimerWheel } from './timer-wheel.ts';
export { webRuntime } from './web-runtime.ts';
export { within } from './within.ts';
