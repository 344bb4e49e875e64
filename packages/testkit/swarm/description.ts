import { writeFakeSdp } from '../src/fake-sdp.ts';

/** A session description of one phone, of a version of its own. */
export function description(
  id: number,
  version: number,
  options: { address: string; isHeld?: boolean },
): { type: string; content: string } {
  const content = writeFakeSdp({
    id,
    version,
    address: options.address,
    port: 4000 + (id % 1000) * 2,
    codecs: ['pcmu', 'pcma'],
    direction: options.isHeld === true ? 'sendonly' : 'sendrecv',
  });
  return { type: 'application/sdp', content };
}

/** Owner and version of a description: names it among all of a call's. */
export function versionOf(content: string): string {
  return /^o=- (\d+ \d+) /mu.exec(content)?.[1] ?? 'none';
}
