import type { Runtime } from '@strowger/runtime';
import type { SipUri } from '@strowger/sip-message';
import {
  type DnsResolver,
  type Hop,
  ServerLocation,
  type SrvRecord,
} from '@strowger/sip-transport';
import { bad, type Finding, good } from './finding.ts';

/** What is asked of DNS. */
export interface DnsQuestions {
  readonly runtime: Runtime;
  readonly resolver: DnsResolver;
  /** With its `transport`. */
  readonly server: SipUri;
}

/** Where the server is (RFC 3263), and what the name servers say of it. */
export async function checkDns(
  questions: DnsQuestions,
): Promise<{ finding: Finding; hops: readonly Hop[] }> {
  const { runtime, resolver, server } = questions;
  const { clock, random } = runtime;
  const location = new ServerLocation({
    resolver,
    clock,
    random,
    families: () => [4, 6],
    maxHops: 16,
    maxQuestions: 20,
    graceMs: 500,
  });
  const hops = await Promise.resolve(location.locate(server)).catch((): Hop[] => []);
  const [first] = hops;
  if (first !== undefined && first.address === server.host) {
    return { finding: good('dns', `${server.host} is an address: nothing to look up`), hops };
  }
  const seen = await lookUp(questions);
  if (first === undefined) {
    const remedy =
      seen.dangling === undefined
        ? `give --server an address, or have an A record or _sip._${transportOf(server)} SRV made for ${server.host}`
        : `the SRV record of ${server.host} names ${seen.dangling}, which has no address: have it mended`;
    return { finding: bad('dns', `${server.host} leads nowhere: ${seen.text}`, remedy), hops };
  }
  const way = `${first.transport} ${first.address} port ${first.port}`;
  const more = hops.length > 1 ? ` and ${hops.length - 1} more` : '';
  return { finding: good('dns', `${server.host} leads to ${way}${more}: ${seen.text}`), hops };
}

const transportOf = ({ params }: SipUri): string =>
  params.get('transport') === 'tls' ? 'tcp' : (params.get('transport') ?? 'udp');

/** The records as they are, for people. */
async function lookUp({
  resolver,
  server,
}: DnsQuestions): Promise<{ text: string; dangling: string | undefined }> {
  const none = { records: [] };
  const { host } = server;
  const isSecure = server.scheme === 'sips' || server.params.get('transport') === 'tls';
  const service = `${isSecure ? '_sips' : '_sip'}._${transportOf(server)}.${host}`;
  const failed: string[] = [];
  const ask = <T>(question: Promise<{ records: readonly T[] }>, name: string) =>
    question.catch(() => {
      failed.push(name);
      return none as { records: readonly T[] }; // nothing of no type is nothing of this one
    });
  const [naptr, srv, a, aaaa] = await Promise.all([
    ask(resolver.naptr(host), 'NAPTR'),
    ask(resolver.srv(service), 'SRV'),
    ask(resolver.a(host), 'A'),
    ask(resolver.aaaa(host), 'AAAA'),
  ]);
  const counts = [
    `${naptr.records.length} NAPTR`,
    `${srv.records.length} SRV (${service})`,
    `${a.records.length} A`,
    `${aaaa.records.length} AAAA`,
    ...(failed.length > 0 ? [`no answer for ${failed.join(', ')}`] : []),
  ];
  return { text: counts.join(', '), dangling: await danglingOf(srv.records, resolver) };
}

/** The first SRV target without an address. */
async function danglingOf(
  records: readonly SrvRecord[],
  resolver: DnsResolver,
): Promise<string | undefined> {
  for (const { target } of records) {
    const found = await Promise.all(
      [resolver.a(target), resolver.aaaa(target)].map((one) => one.catch(() => ({ records: [] }))),
    );
    if (found.every((answer) => answer.records.length === 0)) return target;
  }
  return undefined;
}
