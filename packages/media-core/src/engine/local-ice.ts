import type { Random } from '@strowger/runtime';
import type { IceCandidate, IceDescription } from '../sdp/index.ts';

/** How an endpoint takes part in ICE. */
export type IceMode = 'off' | 'full' | 'lite';

/** What our end of ICE is made of. */
export interface LocalIceOptions {
  readonly mode: Exclude<IceMode, 'off'>;
  readonly candidates: readonly IceCandidate[];
  readonly random: Random;
}

/** Our end of ICE as descriptions tell of it: credentials of a generation, and candidates. */
export class LocalIce {
  private readonly options: LocalIceOptions;
  private credentials: { readonly ufrag: string; readonly pwd: string };

  constructor(options: LocalIceOptions) {
    this.options = options;
    this.credentials = this.newCredentials();
  }

  describe(): IceDescription {
    const { mode, candidates } = this.options;
    return { ...this.credentials, lite: mode === 'lite', candidates };
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
