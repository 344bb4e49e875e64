import { isIP } from 'node:net';
import { type Endpoint, type Random, StrowgerError } from '@strowger/runtime';
import { localCandidate, type TurnServer } from '../ice/index.ts';
import type { IceCandidate, IceDescription } from '../sdp/index.ts';
import type { CoreApi } from '../core/core-api.ts';
import type { Place } from './core-endpoint.ts';

/** How an endpoint takes part in ICE. */
export type IceMode = 'off' | 'full' | 'lite';

/** What our end of ICE is made of. */
export interface LocalIceOptions {
  readonly mode: Exclude<IceMode, 'off'>;
  readonly random: Random;
  /** Who tells a full one where it is seen. */
  readonly servers: IceServerOptions;
}

/** Our end of ICE as descriptions tell of it: credentials of a generation, and candidates. */
export class LocalIce {
  private readonly options: LocalIceOptions;
  /** Whether our descriptions may come before all candidates. */
  trickles = false;
  private candidates: readonly IceCandidate[] = [];
  private isComplete = false;
  private gathering: Promise<void> = Promise.resolve();
  private credentials: { readonly ufrag: string; readonly pwd: string };

  constructor(options: LocalIceOptions) {
    this.options = options;
    this.credentials = this.newCredentials();
  }

  /** With what is known by now; whether more may come, and whether it does. */
  describe(): IceDescription {
    const { credentials, candidates, trickles, isComplete } = this;
    const lite = this.options.mode === 'lite';
    const more = trickles && { trickle: true, ...(isComplete && { endOfCandidates: true }) };
    return { ...credentials, lite, candidates, ...more };
  }

  /** Resolves when all candidates are known: at most a second and a half after there were ports. */
  get gathered(): Promise<void> {
    return this.gathering;
  }

  /** Begins to learn where we are, once there are ports. */
  begin({ api, id }: { api: CoreApi; id: number }, local: Place): void {
    const { mode, servers } = this.options;
    const { stunServers: stun = [], turnServers: turn = [] } = servers;
    this.candidates = [localCandidate('host', local)];
    this.isComplete = mode === 'lite' || stun.length + turn.length === 0;
    if (this.isComplete) return;
    this.gathering = this.gather(api.gather({ id, servers: { stun, turn } }), local);
    this.gathering.catch(() => {}); // whoever waits for it hears of it
  }

  private async gather(asked: ReturnType<CoreApi['gather']>, local: Place): Promise<void> {
    const others = (await asked).filter(
      ({ address, port }) => address !== local.address || port !== local.port,
    );
    const found = others.map(({ type, ...at }) => localCandidate(type, at, local));
    this.candidates = [...this.candidates, ...found];
    this.isComplete = true;
  }

  /** From now on it is another generation (RFC 8445 §9). */
  restart(): void {
    this.credentials = this.newCredentials();
  }

  /** More chance than RFC 8839 §5.4 asks for: 24 and 128 bits. */
  private newCredentials() {
    const { random } = this.options;
    return { ufrag: random.token(40), pwd: random.token(160) };
  }
}

/** Servers that are asked where we are. */
export interface IceServerOptions {
  readonly stunServers?: readonly Endpoint[];
  readonly turnServers?: readonly TurnServer[];
}

/** @throws StrowgerError `MEDIA_BAD_ICE_SERVER` where one is no IP address with a port. */
export function assertServers({ stunServers = [], turnServers = [] }: IceServerOptions): void {
  for (const { address, port } of [...stunServers, ...turnServers]) {
    if (isIP(address) !== 0 && port >= 1 && port <= 65_535) continue;
    const message = `${address}:${port} is no IP address with a port from 1 to 65535`;
    throw new StrowgerError('MEDIA_BAD_ICE_SERVER', message);
  }
}
