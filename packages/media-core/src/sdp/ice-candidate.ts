import { isIP } from 'node:net';

/** A transport address where a side may be reached (RFC 8839 §5.1). */
export interface IceCandidate {
  /** 1–32 characters of letters, digits, `+`, `/`. */
  readonly foundation: string;
  /** 1 for RTP, 2 for RTCP; 1–256. */
  readonly component: number;
  /** `tcp` candidates are read and never used (RFC 6544). */
  readonly transport: 'udp' | 'tcp';
  /** 1 to 2^31 - 1. */
  readonly priority: number;
  /** An IP address, or the name of one: browsers hide theirs behind `….local`. */
  readonly address: string;
  readonly port: number;
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
  readonly relatedAddress?: string;
  readonly relatedPort?: number;
  readonly tcpType?: 'active' | 'passive' | 'so';
  /** Other extensions in pairs, such as `generation 0 network-id 1`, as they stood. */
  readonly extensions?: string;
}

const CANDIDATE =
  /^(?:a=)?candidate:([A-Za-z\d+/]{1,32}) (\d{1,3}) (udp|tcp) (\d{1,10}) ([\w.:-]{1,255}) (\d{1,5}) typ (host|srflx|prflx|relay)((?: [\x21-\x7e]+)*) *$/i;

/**
 * Reads `candidate:…`, the value of an attribute or what a browser hands out; `undefined` where it
 * is none, for a candidate that cannot be read is passed over (RFC 8839 §5.1).
 */
export function parseIceCandidate(text: string): IceCandidate | undefined {
  if (text.length > 1024) return undefined;
  const match = CANDIDATE.exec(text);
  if (!match) return undefined;
  const [, foundation = '', component, transport = '', priority, address = '', port] = match;
  const [, , , , , , , type = '', rest = ''] = match;
  const numbers = { component: Number(component), priority: Number(priority), port: Number(port) };
  const isWithin =
    numbers.component >= 1 &&
    numbers.component <= 256 &&
    numbers.priority >= 1 &&
    numbers.priority < 2 ** 31 &&
    numbers.port <= 65_535;
  if (!isWithin || !isAddress(address)) return undefined;
  const extensions = readExtensions(rest);
  if (!extensions) return undefined;
  return {
    foundation,
    ...numbers,
    address,
    // the expression lets only these pass, in any case
    transport: transport.toLowerCase() as IceCandidate['transport'],
    type: type.toLowerCase() as IceCandidate['type'],
    ...extensions,
  };
}

/** The value of the attribute, without `a=`; what `parseIceCandidate` reads comes out as it was. */
export function formatIceCandidate(candidate: IceCandidate): string {
  const { foundation, component, transport, priority, address, port, type } = candidate;
  const { relatedAddress, relatedPort, tcpType, extensions } = candidate;
  const words = [`candidate:${foundation}`, component, transport, priority, address, port];
  words.push('typ', type);
  if (relatedAddress !== undefined) words.push('raddr', relatedAddress);
  if (relatedPort !== undefined) words.push('rport', relatedPort);
  if (tcpType !== undefined) words.push('tcptype', tcpType);
  if (extensions !== undefined) words.push(extensions);
  return words.join(' ');
}

type Extensions = Pick<IceCandidate, 'relatedAddress' | 'relatedPort' | 'tcpType' | 'extensions'>;

function readExtensions(rest: string): Extensions | undefined {
  const words = rest.split(' ').filter((word) => word !== '');
  if (words.length % 2 !== 0) return undefined;
  const others: string[] = [];
  let known: Extensions = {};
  for (let at = 0; at < words.length; at += 2) {
    const [name = '', value = ''] = words.slice(at, at + 2);
    if (name === 'raddr' && isAddress(value)) known = { ...known, relatedAddress: value };
    else if (name === 'rport' && isPort(value)) known = { ...known, relatedPort: Number(value) };
    else if (name === 'tcptype' && isTcpType(value)) known = { ...known, tcpType: value };
    else if (name === 'raddr' || name === 'rport' || name === 'tcptype') return undefined;
    else others.push(name, value);
  }
  return { ...known, ...(others.length > 0 && { extensions: others.join(' ') }) };
}

function isAddress(text: string): boolean {
  return isIP(text) !== 0 || (/^[\w.-]{1,255}$/.test(text) && /[a-z]/i.test(text));
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}

function isTcpType(text: string): text is 'active' | 'passive' | 'so' {
  return text === 'active' || text === 'passive' || text === 'so';
}
