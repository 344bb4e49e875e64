import type { Clock, Random } from '@strowger/runtime';
import type { SipMessage, SipRequest, SipResponse } from '@strowger/sip-message';
import { Amplification } from './amplification.ts';
import { type Ban, BanList } from './ban-list.ts';
import type { Hop } from './hop.ts';
import { LoadShedding } from './load-shedding.ts';
import { Overload } from './overload.ts';
import type { Heard } from './reception.ts';
import { knownScanners, Scanners } from './scanners.ts';
import type { SecurityEvents } from './security-events.ts';
import { sourceKey } from './source-key.ts';
import { type SourceAccount, Sources } from './sources.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** Who is let in. */
export interface AdmissionSettings {
  /**
   * Networks whose sources no limit of a source holds for, and that are never banned by themselves:
   * other parts of your system. Default: this machine, `127.0.0.0/8` and `::1`.
   */
  readonly trustedNetworks?: readonly string[];
  /**
   * What is looked for in User-Agent, without regard to case; who calls itself so gets no answer.
   * Default: `knownScanners`; `[]` for nobody.
   */
  readonly scanners?: readonly string[];
}

/** What a gate needs. */
export interface GateOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly events: SecurityEvents;
  readonly admission: AdmissionSettings;
  /** Connections of a source that was banned are closed. */
  onBanned(source: string): void;
}

const THIS_MACHINE = ['127.0.0.0/8', '::1'];
/** What the network sends passes here: who is listened to, and how much. */
export class Gate {
  readonly overload: Overload;
  private readonly options: GateOptions;
  private readonly sources: Sources;
  private readonly bans: BanList;
  private readonly scanners: Scanners;
  private readonly amplification: Amplification;
  private readonly shedding: LoadShedding;

  /** Throws `BAD_NETWORK`. */
  constructor(options: GateOptions) {
    const { clock, limits, admission } = options;
    const { trustedNetworks = THIS_MACHINE, scanners = knownScanners } = admission;
    this.options = options;
    this.sources = new Sources({ clock, limits, trustedNetworks });
    this.bans = new BanList(clock, limits.bans);
    this.scanners = new Scanners(scanners);
    this.amplification = new Amplification(this.sources, limits.sources);
    this.overload = new Overload(options);
    this.shedding = new LoadShedding(clock, options.random, this.overload);
  }

  /** What it keeps account of. */
  get size(): number {
    return this.sources.size + this.amplification.size + this.bans.size;
  }

  /** Whether a message is read at all. */
  admits({ transport, from: { address }, bytes }: Heard): boolean {
    const { metrics, events } = this.options;
    if (this.isBanned(address)) return false;
    const account = this.sources.of(address);
    if (!this.sources.admits(account)) {
      metrics.droppedByAdmission++;
      events.note('rateLimited', account.key);
      return false;
    }
    if (transport === 'udp') this.amplification.heard(account, bytes.length);
    return true;
  }

  /** Whether a source is banned; counts what comes from it. */
  isBanned(address: string): boolean {
    if (!this.bans.has(address)) return false;
    this.options.metrics.droppedByBan++;
    this.options.events.note('bannedSource', sourceKey(address));
    return true;
  }

  /** Whether a message may go up: no scanner's. */
  reads(message: SipMessage, { transport, from }: Heard): boolean {
    const account = this.sources.of(from.address);
    if (transport === 'udp') this.amplification.read(account, message);
    if (message.kind === 'response' || this.sources.isTrusted(account)) return true;
    const scanner = this.scanners.nameOf(message);
    if (scanner === undefined) return true;
    this.options.metrics.droppedScanners++;
    this.options.events.note('scanner', account.key, scanner);
    this.blame(account, transport === 'udp');
    return false;
  }

  /** The answer to a request for which there is no time; nothing where it may go up. */
  refusal(request: SipRequest, { transport, from }: Heard): SipResponse | undefined {
    const refused = this.shedding.refusal(request, transport === 'udp');
    if (refused === undefined) return undefined;
    this.options.metrics.refusedByOverload++;
    this.options.events.note('overloadRefused', this.sources.of(from.address).key);
    return refused;
  }

  /** Whether a response may leave by UDP. */
  answers(response: SipResponse, { address }: Hop, bytes: number): boolean {
    const account = this.sources.of(address);
    if (this.amplification.allows(account, { response, bytes })) return true;
    this.options.metrics.withheldByAmplification++;
    this.options.events.note('amplificationWithheld', account.key);
    return false;
  }

  /** A request of ours leaves by UDP. */
  asks(request: SipRequest, { address }: Hop): void {
    this.amplification.asked(this.sources.of(address), request);
  }

  /** Whether a datagram that is no SIP may be answered with so many bytes. */
  echoes(address: string, bytesIn: number, bytesOut: number): boolean {
    if (this.isBanned(address)) return false;
    const account = this.sources.of(address);
    this.amplification.heard(account, bytesIn);
    if (this.amplification.takes(account, bytesOut)) return true;
    this.options.metrics.withheldByAmplification++;
    this.options.events.note('amplificationWithheld', account.key);
    return false;
  }

  /** Who sent this is known now by name. */
  trust(address: string): void {
    this.sources.trust(this.sources.of(address));
  }

  isTrusted(address: string): boolean {
    return this.sources.isTrusted(this.sources.of(address));
  }

  /** Somebody failed at something that ordinary peers succeed in; too much of it is a ban. */
  suspect(address: string, isSpoofable: boolean): void {
    this.blame(this.sources.of(address), isSpoofable);
  }

  ban(address: string, forMs: number, reason: string): Ban {
    const ban = this.bans.add(address, { forMs, reason });
    this.options.metrics.bans++;
    this.options.events.note('sourceBanned', ban.source, reason);
    this.options.onBanned(ban.source);
    return ban;
  }

  unban(address: string): boolean {
    return this.bans.remove(address);
  }

  /** The bans in force. */
  list(): readonly Ban[] {
    return this.bans.list();
  }

  clear(): void {
    this.sources.clear();
    this.amplification.clear();
    this.bans.clear();
    this.shedding.clear();
  }

  /** Nobody is banned for what others may have sent in its name. */
  private blame(account: SourceAccount, isSpoofable: boolean): void {
    if (isSpoofable && account.verifiedUntil <= this.options.clock.now()) return;
    if (!this.sources.failed(account)) return;
    const address = account.key;
    this.ban(address, this.options.limits.banMs, 'too many failures');
  }
}
