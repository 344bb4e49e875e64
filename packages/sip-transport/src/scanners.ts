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
  private readonly pattern: RegExp | undefined;

  /** @param names looked for anywhere in User-Agent, without regard to case; none: nobody is one. */
  constructor(names: readonly string[]) {
    const parts = names.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
    this.pattern = parts.length === 0 ? undefined : new RegExp(parts.join('|'), 'i');
  }

  /** What the scanner calls itself; nothing where it is none. */
  nameOf({ headers }: SipRequest): string | undefined {
    if (this.pattern === undefined) return undefined;
    const agent = headers.raw('User-Agent')[0]?.slice(0, LOOKED_AT);
    return agent !== undefined && this.pattern.test(agent) ? agent : undefined;
  }
}
