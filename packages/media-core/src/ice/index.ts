export { localCandidate, candidatePriority } from './candidates.ts';
export type { IceBase, IcePair } from './check-list.ts';
export { IceSession, type IceSessionOptions } from './ice-session.ts';
export { type GatheredAddress, Gathering, type IceServers, type TurnServer } from './gathering.ts';
