import { isIP } from 'node:net';
import type { Endpoint, Runtime } from '@strowger/runtime';
import {
  candidatePriority,
  type GatheredAddress,
  Gathering,
  type IceBase,
  type IceServers,
  IceSession,
} from '../ice/index.ts';
import type { IceCandidate, NegotiatedIce } from '../sdp/index.ts';
import { isStun, readStun } from '../stun/index.ts';

/** What a path is made of. */
export interface IcePathOptions {
  readonly runtime: Runtime;
  /** To the socket of RTP. */
  send(packet: Uint8Array, to: Endpoint): void;
  /** What is no message of ours, and came to our address at a relay. */
  onRelayed(packet: Uint8Array, from: Endpoint): void;
  /** There is a way to the other side, or another one than before. */
  onFound(): void;
  onFailed(reason: string): void;
}

const SOCKET: IceBase = { type: 'host', priority: candidatePriority('host') };
const RELAY: IceBase = { type: 'relay', priority: candidatePriority('relay') };

/** The way that ICE finds, while a session has it; else it is off, and the addresses of lines hold. */
export class IcePath {
  private readonly options: IcePathOptions;
  private session: IceSession | undefined;
  private gathering: Gathering | undefined;
  private hasRelay = false;

  constructor(options: IcePathOptions) {
    this.options = options;
  }

  get isOn(): boolean {
    return this.session !== undefined;
  }

  /** Whether the other side shows, for as long as media flows, that it wants it (RFC 7675). */
  get asksForConsent(): boolean {
    return this.session?.asksForConsent === true;
  }

  /** Where media goes; `undefined` while nothing is known to work. */
  get target(): Endpoint | undefined {
    return this.session?.target?.remote;
  }

  /** Whether the other side has shown that it is at this address. */
  isVerified(from: Endpoint): boolean {
    return this.session?.isVerified(from) === true;
  }

  /** Asks servers for addresses of ours. */
  async gather(servers: IceServers): Promise<GatheredAddress[]> {
    const { clock, random } = this.options.runtime;
    this.gathering = new Gathering({
      clock,
      random,
      send: (packet, to) => this.options.send(packet, to),
      onRelayed: (packet, from) => this.receiveRelayed(packet, from),
    });
    const found = await this.gathering.gather(servers);
    this.hasRelay = found.some(({ type }) => type === 'relay');
    if (this.hasRelay) this.session?.addBase(RELAY); // the checks may have begun without it
    return found;
  }

  /** What a round of offer and answer gave. Two lite sides make no checks (RFC 8445 §6.1.1). */
  configure(ice: NegotiatedIce | undefined): void {
    if (ice === undefined || (ice.local.lite && ice.remote.lite)) return this.stop();
    this.session ??= this.open(ice);
    this.session.configure(ice);
  }

  /** Candidates that came after the description. */
  addRemotes(candidates: readonly IceCandidate[]): void {
    this.session?.addRemotes({ candidates });
  }

  /** A packet that is no RTP: a message of STUN, or of a relay's; `false` where it is none of ours. */
  receive(packet: Uint8Array, from: Endpoint): boolean {
    const message = isStun(packet) ? readStun(packet) : undefined;
    if (this.gathering?.receive(packet, message, from)) return true;
    if (message === undefined || this.session === undefined) return false;
    this.session.receive(message, SOCKET, from);
    return true;
  }

  /** Sends a packet of media on the way that was found. */
  send(packet: Uint8Array, to: Endpoint): void {
    this.sendFrom(this.session?.target?.base ?? SOCKET, packet, to);
  }

  close(): void {
    this.stop();
    this.gathering?.close();
  }

  private stop(): void {
    this.session?.close();
    this.session = undefined;
  }

  private open({ local }: NegotiatedIce): IceSession {
    const { clock, random } = this.options.runtime;
    const session = new IceSession({
      clock,
      random,
      family: isIP(local.candidates[0]?.address ?? '') || 4,
      send: (packet, base, to) => this.sendFrom(base, packet, to),
      onSelected: ({ base, remote }) => {
        if (base === RELAY) this.gathering?.bindRelayed(remote);
        this.options.onFound();
      },
      onFailed: (reason) => this.options.onFailed(reason),
    });
    session.addBase(SOCKET);
    if (this.hasRelay) session.addBase(RELAY);
    return session;
  }

  private sendFrom(base: IceBase, packet: Uint8Array, to: Endpoint): void {
    if (base === RELAY) this.gathering?.sendRelayed(packet, to);
    else this.options.send(packet, to);
  }

  private receiveRelayed(packet: Uint8Array, from: Endpoint): void {
    const message = isStun(packet) ? readStun(packet) : undefined;
    if (message) this.session?.receive(message, RELAY, from);
    else this.options.onRelayed(packet, from);
  }
}
