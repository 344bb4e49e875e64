import type { Endpoint } from '@strowger/runtime';
import type { Bencoded } from './bencode.ts';
import type { NgReply } from './ng-client.ts';

/** What rtpengine's `query` tells of one party's audio. */
export interface PartyReport {
  /** Where the engine takes the party's packets, and where it sends them. */
  readonly local?: Endpoint;
  readonly remote?: Endpoint;
  readonly codec?: string;
  /** RTP that came from the party. */
  readonly packets: number;
  readonly bytes: number;
  /** Of the party's source, from RTCP: absent until both sides have reported. */
  readonly quality?: PartyQuality;
}

/** As rtpengine sums it up over a call (RFC 3550 §6.4, G.107). */
export interface PartyQuality {
  readonly jitterMs: number;
  readonly lossPercent: number;
  readonly roundTripMs: number;
  readonly mos: number;
}

/** Reads a `query` reply: parties by their tags. Undefined where it is no such reply. */
export function readQuery(reply: NgReply): Map<string, PartyReport> | undefined {
  const tags = fields(reply['tags']);
  if (tags === undefined) return undefined;
  const sources = fields(reply['SSRC']) ?? {};
  const parties = new Map<string, PartyReport>();
  for (const value of Object.values(tags)) {
    const party = fields(value);
    const tag = party?.['tag'];
    if (party && typeof tag === 'string' && tag !== '') parties.set(tag, report(party, sources));
  }
  return parties;
}

type Fields = { readonly [key: string]: Bencoded };

function report(party: Fields, sources: Fields): PartyReport {
  const media = list(party['medias']).map((one) => fields(one));
  const audio = media.find((one) => one?.['type'] === 'audio');
  const stream = fields(list(audio?.['streams'])[0]);
  const stats = fields(stream?.['stats']);
  const codec = audio?.['codec'];
  const local = endpoint(stream?.['local address'], stream?.['local port']);
  const peer = fields(stream?.['endpoint']);
  const remote = endpoint(peer?.['address'], peer?.['port']);
  const quality = qualityOf(fields(sources[String(stream?.['SSRC'] ?? '')]));
  return {
    ...(local && { local }),
    ...(remote && { remote }),
    ...(typeof codec === 'string' && { codec: codec.split('/')[0]?.toLowerCase() ?? codec }),
    packets: number(stats?.['packets']),
    bytes: number(stats?.['bytes']),
    ...(quality && { quality }),
  };
}

/** Millisecond values, and a MOS in tenths. */
function qualityOf(source: Fields | undefined): PartyQuality | undefined {
  const average = fields(source?.['average MOS']);
  if (average === undefined) return undefined;
  return {
    jitterMs: number(average['jitter']),
    lossPercent: number(average['packet loss']),
    // in microseconds, unlike its neighbours
    roundTripMs: number(average['round-trip time']) / 1000,
    mos: number(average['MOS']) / 10,
  };
}

function endpoint(address: Bencoded | undefined, port: Bencoded | undefined): Endpoint | undefined {
  if (typeof address !== 'string' || typeof port !== 'number') return undefined;
  return { address, port };
}

function fields(value: Bencoded | undefined): Fields | undefined {
  return typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : undefined;
}

function list(value: Bencoded | undefined): readonly Bencoded[] {
  return Array.isArray(value) ? value : [];
}

function number(value: Bencoded | undefined): number {
  return typeof value === 'number' ? value : 0;
}
