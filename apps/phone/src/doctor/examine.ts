import { nodeRuntime, type Runtime } from '@strowger/runtime';
import { type MessageTrace, SipClient } from '@strowger/sip-client';
import { type SipUri, uri } from '@strowger/sip-message';
import {
  type DnsResolver,
  type Hop,
  NameServers,
  parseListenPoint,
  TransportLayer,
} from '@strowger/sip-transport';
import { clientOptions } from '../client-options.ts';
import { hasRegistrar, providerOf } from '../provider-account.ts';
import { tellProvider } from './tell-provider.ts';
import type { DoctorOptions } from '../command-line.ts';
import { checkCall } from './check-call.ts';
import { checkCodecs } from './check-codecs.ts';
import { checkDns } from './check-dns.ts';
import { checkPorts } from './check-ports.ts';
import { checkRegistration } from './check-registration.ts';
import { checkClock, checkNat, checkServer } from './check-server.ts';
import { checkTls } from './check-tls.ts';
import { type CheckName, doubtful, type Finding, good, skipped } from './finding.ts';
import { askStun, locateStun } from './stun-question.ts';

/** Messages that are kept to be read. */
const TRACES = 200;

/**
 * Looks at everything that a call needs, from the ports of this machine to the sound of a call, and
 * says each finding as it is made. Throws what a client throws for options that make no sense.
 */
export async function examine(
  options: DoctorOptions,
  say: (finding: Finding) => void,
): Promise<readonly Finding[]> {
  const runtime = nodeRuntime();
  const resolver = new NameServers({
    runtime,
    ...(options.nameServer && { servers: [options.nameServer] }),
  });
  const examination = new Examination(options, { runtime, resolver, say });
  try {
    return await examination.run();
  } finally {
    await examination.close();
    resolver.close();
  }
}

/** One patient, looked at from the outside to the inside. */
class Examination {
  private readonly options: DoctorOptions;
  private readonly runtime: Runtime;
  private readonly resolver: DnsResolver;
  private readonly say: (finding: Finding) => void;
  private readonly findings: Finding[] = [];
  private readonly traces: MessageTrace[] = [];
  private readonly settings: ReturnType<typeof clientOptions>;
  private client: SipClient | undefined;

  constructor(
    options: DoctorOptions,
    around: { runtime: Runtime; resolver: DnsResolver; say: (finding: Finding) => void },
  ) {
    this.options = options;
    this.runtime = around.runtime;
    this.resolver = around.resolver;
    this.say = around.say;
    this.settings = clientOptions({ command: 'doctor', options });
  }

  async run(): Promise<readonly Finding[]> {
    const provider = providerOf(this.options);
    for (const fact of provider === undefined ? [] : tellProvider(provider)) this.note(fact);
    const { listen, transport } = this.options;
    const { datagrams } = this.runtime;
    const point = listen === undefined ? undefined : parseListenPoint(`${transport}:${listen}`);
    this.note(await checkPorts({ datagrams, listen: point, range: this.options.rtpPorts }));
    const server = this.server();
    const { runtime, resolver } = this;
    const { finding, hops } = await checkDns({ runtime, resolver, server });
    this.note(finding);
    const [hop] = hops;
    if (hop === undefined) this.skip('no server was found', 'tls', ...BEHIND_SERVER);
    else await this.runAt(hop, server);
    return this.findings;
  }

  async close(): Promise<void> {
    await this.client?.close();
  }

  /** All that needs a server. */
  private async runAt(hop: Hop, server: SipUri): Promise<void> {
    const isSecure = hop.transport === 'tls' || hop.transport === 'wss';
    if (isSecure) {
      const authorities = this.settings.tls?.authorities?.map(String);
      const nowMs = this.runtime.clock.wall();
      this.note(await checkTls({ hop, name: server.host, authorities, nowMs }));
    } else this.skip(`${hop.transport} is not encrypted`, 'tls');
    const client = new SipClient({
      ...this.settings,
      media: { ...this.settings.media, ports: this.options.rtpPorts },
      onMessage: (trace) => void (this.traces.length < TRACES && this.traces.push(trace)),
      connect: (hooks) => this.connect(hop, hooks),
    });
    this.client = client;
    const { clock } = this.runtime;
    const { finding, isThere } = await checkServer(client, {
      target: server.toString(),
      hop,
      clock,
    });
    this.note(finding);
    if (!isThere) return this.skip('the server does not answer', ...BEHIND_SERVER.slice(1));
    await this.lookAtNat();
    if (!hasRegistrar(this.options)) this.skip('there is nothing to register at', 'registration');
    else if (this.options.password === undefined)
      this.skip('no --password was given', 'registration');
    else this.note(await checkRegistration(client, this.settings.uri, clock));
    this.note(checkClock(this.traces));
    await this.lookAtCall(client);
  }

  private async lookAtNat(): Promise<void> {
    this.note(checkNat(this.traces));
    const known = providerOf(this.options)?.stun;
    const { stun = known && `${known.host}:${known.port}` } = this.options;
    if (stun === undefined) return;
    const seen = await askStun(await locateStun(stun, this.resolver), this.runtime);
    if (seen === undefined) {
      const remedy = 'another STUN server, or a firewall that lets UDP out';
      this.note(doubtful('nat', `${stun} does not answer STUN`, remedy));
      return;
    }
    const { mapped, local } = seen;
    const kept =
      mapped.port === local.port ? 'the port is kept' : `port ${local.port} becomes another`;
    this.note(good('nat', `STUN: media is seen as ${mapped.address} port ${mapped.port}; ${kept}`));
  }

  private async lookAtCall(client: SipClient): Promise<void> {
    const { call } = this.options;
    if (call === undefined) this.skip('--no-call', 'call');
    const made = call === undefined ? undefined : await checkCall(client, call, this.runtime.clock);
    if (made !== undefined) this.note(made.finding);
    this.note(checkCodecs(this.traces, made?.codec));
  }

  /** The server with its transport, as the client asks for it. */
  private server(): SipUri {
    const { server, uri: own, transport = 'udp' } = this.settings;
    const given = uri(server ?? own);
    if (!('host' in given) || !('params' in given))
      throw new Error(`${server ?? own} is no server`);
    const params = given.params.clone();
    if (!params.has('transport')) params.set('transport', transport);
    return (given as SipUri).with({ user: undefined, password: undefined, params });
  }

  /** As a client does it, with name servers of our choice. */
  private connect(
    { transport, address }: Hop,
    hooks: Parameters<NonNullable<ReturnType<typeof clientOptions>['connect']>>[0],
  ): TransportLayer {
    const isSecure = transport === 'tls' || transport === 'wss';
    const near = address.includes(':')
      ? '[::]'
      : address.startsWith('127.')
        ? '127.0.0.1'
        : '0.0.0.0';
    const point = parseListenPoint(`${transport}:${this.options.listen ?? `${near}:0`}`);
    const { runtime, resolver, settings } = this;
    const { tls, webSocket } = settings;
    return new TransportLayer({
      runtime,
      resolver,
      listen: [{ ...point, clientOnly: isSecure || transport === 'ws' }],
      ...(tls?.authorities !== undefined && { tls: { authorities: tls.authorities } }),
      ...(webSocket?.path !== undefined && { webSocket: { connectPath: webSocket.path } }),
      ...hooks,
    });
  }

  private skip(why: string, ...checks: readonly CheckName[]): void {
    for (const check of checks) this.note(skipped(check, why));
  }

  private note(finding: Finding): void {
    this.findings.push(finding);
    this.say(finding);
  }
}

const BEHIND_SERVER: readonly CheckName[] = [
  'server',
  'nat',
  'registration',
  'clock',
  'call',
  'codecs',
];
