import { nodeWiring } from './node-wiring.ts';
import type { SipClientOptions } from './sip-client-options.ts';
import { WiredSipClient } from './wired-sip-client.ts';

/** A phone number for a program, with the sockets of this machine and the media engine in this process. */
export class SipClient extends WiredSipClient {
  /** Throws `BAD_ACCOUNT`, `BAD_OPTION`; opens nothing yet. */
  constructor(options: SipClientOptions) {
    super(options, nodeWiring);
  }
}
