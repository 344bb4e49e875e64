import type { Buffer } from 'node:buffer';
import { readCapture } from './capture-file.ts';
import { IpPackets } from './ip-packets.ts';
import { ipPacketOf } from './link-layer.ts';
import { type RtpStream, RtpStreams } from './rtp-streams.ts';
import { type Sight, SipSights } from './sip-sights.ts';

/** What was found in a capture. */
export interface Flows {
  readonly frames: number;
  /** In the order in which they were captured. */
  readonly sights: readonly Sight[];
  readonly streams: readonly RtpStream[];
  /** Messages beyond the limit, which were left out. */
  readonly omitted: number;
}

const TCP = 6;
const UDP = 17;
const MAX_SIGHTS = 100_000;

/** Reads the SIP and the RTP of a pcap or pcapng file. Throws `CaptureError`. */
export function readFlows(file: Buffer): Flows {
  const sights: Sight[] = [];
  let omitted = 0;
  const sip = new SipSights((sight) => {
    if (sights.length < MAX_SIGHTS) sights.push(sight);
    else omitted++;
  });
  const packets = new IpPackets();
  const rtp = new RtpStreams();
  let frames = 0;
  for (const { atMs, linkType, bytes } of readCapture(file)) {
    frames++;
    const packet = ipPacketOf(linkType, bytes);
    const payload = packet && packets.take(packet);
    if (payload === undefined) continue;
    if (payload.protocol === TCP) sip.segment(payload, atMs);
    else if (payload.protocol === UDP && !sip.datagram(payload, atMs)) rtp.take(payload, atMs);
  }
  return { frames, sights, streams: rtp.summary(), omitted };
}
