import type { Login } from './credentials.ts';
import type { LegTally } from './leg.ts';

/** What the scenarios of one party are played with. */
export interface PartySettings {
  /** The user that is called; `service` by default, as in SIPp. */
  readonly service: string;
  /** Who we are; `siplab` by default. */
  readonly user: string;
  /** Host of addresses of record; that of the peer by default. */
  readonly domain?: string;
  readonly login?: Login;
  /** How long a message is waited for; 32 s by default, which is 64 times T1. */
  readonly timeoutMs: number;
  /** What a pause without a time means; 0 by default. */
  readonly pauseMs: number;
  /** Address that descriptions name; by default that of the signalling. */
  readonly mediaAddress?: string;
  /** Port that descriptions name. */
  readonly mediaPort: number;
  /** `[name]` of SIPp's scenarios. */
  readonly keys: Readonly<Record<string, string>>;
  /** Lines of fields; each call has the next one, in turn. */
  readonly lines: readonly (readonly string[])[];
}

/** The same for one call. */
export interface CallSettings extends Omit<PartySettings, 'lines'> {
  readonly fields: readonly string[];
  readonly tally: LegTally;
}

/** What holds where nothing else is said. */
export const DEFAULT_SETTINGS: PartySettings = {
  service: 'service',
  user: 'siplab',
  timeoutMs: 32_000,
  pauseMs: 0,
  mediaPort: 6000,
  keys: {},
  lines: [],
};
