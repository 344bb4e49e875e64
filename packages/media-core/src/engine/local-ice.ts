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
  private candidates: readonly IceCandidate[] = [];
  private credentials: { readonly ufrag: string; readonly pwd: string };

  constructor(options: LocalIceOptions) {
    this.options = options;
    this.credentials = this.newCredentials();
  }

  describe(): IceDescription {
    const { credentials, candidates } = this;
    return { ...credentials, lite: this.options.mode === 'lite', candidates };
  }

  /** Learns where we are, once there are ports: at most a second and a half. */
  async gather({ api, id }: { api: CoreApi; id: number }, local: Place): Promise<void> {
    const { mode, servers } = this.options;
    const { stunServers: stun = [], turnServers: turn = [] } = servers;
    const isAsking = mode === 'full' && stun.length + turn.length > 0;
    const gathered = isAsking ? await api.gather({ id, servers: { stun, turn } }) : [];
    const others = gathered.filter(
      ({ address, port }) => address !== local.address || port !== local.port,
    );
    this.candidates = [
      localCandidate('host', local),
      ...others.map(({ type, ...at }) => localCandidate(type, at, local)),
    ];
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
