import type { SipRequest } from '@strowger/sip-message';

/** What the tools that search the network for telephone systems call themselves. */
export const knownScanners: readonly string[] = [
  'friendly-scanner',
  'friendly-request',
  'sipvicious',
  'sundayddr',
  'sipcli',
  'sip-scan',
  'sipscan',
  'sipsak',
  'smap',
  'pplsip',
  'vaxsipuseragent',
  'vaxasip',
  'iwar',
  'sipptk',
  'siparmyknife',
  'scamblaster',
  'eyebeam release 1104g',
  'gulp',
  'mr.sip',
  'mrsip',
  'sivus',
  'elite-sip',
  'test agent',
];

/** How much of a User-Agent is looked at. */
const LOOKED_AT = 200;

/** Knows scanners by what they call themselves: most do not hide. */
export class Scanners {
  private readonly names: readonly string[];
  /** Many requests in a row come from the same program. */
  private last: { readonly agent: string; readonly isScanner: boolean } | undefined;

  /** @param names looked for anywhere in User-Agent, without regard to case; none: nobody is one. */
  constructor(names: readonly string[]) {
    this.names = names.map((name) => name.toLowerCase());
  }

  /** What the scanner calls itself; nothing where it is none. */
  nameOf({ headers }: SipRequest): string | undefined {
    if (this.names.length === 0) return undefined;
    const agent = headers.raw('User-Agent')[0]?.slice(0, LOOKED_AT);
    if (agent === undefined) return undefined;
    if (agent !== this.last?.agent) this.last = { agent, isScanner: this.isOne(agent) };
    return this.last.isScanner ? agent : undefined;
  }

  private isOne(agent: string): boolean {
    const lower = agent.toLowerCase();
    return this.names.some((name) => lower.includes(name));
  }
}
