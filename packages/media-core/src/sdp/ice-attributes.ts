import { hasFlag, valueOf } from './attributes.ts';
import { formatIceCandidate, type IceCandidate, parseIceCandidate } from './ice-candidate.ts';
import type { IceDescription } from './ice-description.ts';

/** Candidates of one line; a browser with many interfaces has some dozen. */
const MOST_CANDIDATES = 64;

/**
 * What the attributes of a line, and those of its session beneath, say of ICE (RFC 8839 §5);
 * `undefined` where there are no credentials, or where they break the grammar.
 */
export function readIce(
  line: readonly string[],
  session: readonly string[],
): IceDescription | undefined {
  const all = [...line, ...session];
  const [ufrag, pwd] = [valueOf(all, 'ice-ufrag'), valueOf(all, 'ice-pwd')];
  if (!ufrag || !pwd || !isIceText(ufrag, 4) || !isIceText(pwd, 22)) return undefined;
  const remoteCandidates = readRemoteCandidates(valueOf(line, 'remote-candidates'));
  return {
    ufrag,
    pwd,
    lite: hasFlag(session, 'ice-lite'),
    candidates: readCandidates(line),
    ...((valueOf(line, 'ice-options') ?? valueOf(session, 'ice-options') ?? '')
      .split(' ')
      .includes('trickle') && { trickle: true }),
    ...(hasFlag(all, 'end-of-candidates') && { endOfCandidates: true }),
    ...(remoteCandidates.length > 0 && { remoteCandidates }),
  };
}

/** The attributes of a line that say `ice`; `ice-lite` is the session's. */
export function iceAttributes(ice: IceDescription): string[] {
  const { ufrag, pwd, candidates, trickle, endOfCandidates, remoteCandidates } = ice;
  return [
    `ice-ufrag:${ufrag}`,
    `ice-pwd:${pwd}`,
    ...(trickle ? ['ice-options:trickle'] : []),
    ...candidates.map(formatIceCandidate),
    ...(endOfCandidates ? ['end-of-candidates'] : []),
    ...(remoteCandidates
      ? [
          `remote-candidates:${remoteCandidates
            .map(({ component, address, port }) => `${component} ${address} ${port}`)
            .join(' ')}`,
        ]
      : []),
  ];
}

/** Candidates among attributes; what cannot be read, and what is too many, is passed over. */
export function readCandidates(attributes: readonly string[]): IceCandidate[] {
  const candidates: IceCandidate[] = [];
  for (const attribute of attributes) {
    if (candidates.length === MOST_CANDIDATES) break;
    if (!/^candidate:/i.test(attribute)) continue;
    const candidate = parseIceCandidate(attribute);
    if (candidate) candidates.push(candidate);
  }
  return candidates;
}

/** Whether it may stand as `ice-ufrag` (from 4 characters) or `ice-pwd` (from 22). */
export function isIceText(text: string, shortest: number): boolean {
  return text.length >= shortest && text.length <= 256 && /^[A-Za-z\d+/]+$/.test(text);
}

function readRemoteCandidates(text = '') {
  const words = text.split(' ').filter((word) => word !== '');
  const found: { component: number; address: string; port: number }[] = [];
  for (let at = 0; at + 3 <= words.length && found.length < 4; at += 3) {
    const [component = '', address = '', port = ''] = words.slice(at, at + 3);
    if (!/^\d{1,3}$/.test(component) || !/^\d{1,5}$/.test(port)) return [];
    found.push({ component: Number(component), address, port: Number(port) });
  }
  return found;
}
