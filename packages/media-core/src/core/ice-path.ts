import { isIP } from 'node:net';
import type { Endpoint, Runtime } from '@strowger/runtime';
import { candidatePriority, type IceBase, IceSession } from '../ice/index.ts';
import type { NegotiatedIce } from '../sdp/index.ts';
import { readStun } from '../stun/index.ts';

/** What a path is made of. */
export interface IcePathOptions {
  readonly runtime: Runtime;
  /** To the socket of RTP. */
  send(packet: Uint8Array, to: Endpoint): void;
  /** There is a way to the other side, or another one than before. */
  onFound(): void;
  onFailed(reason: string): void;
}

const SOCKET: IceBase = { type: 'host', priority: candidatePriority('host') };

/** The way that ICE finds, while a session has it; else it is off, and the addresses of lines hold. */
export class IcePath {
  private readonly options: IcePathOptions;
  private session: IceSession | undefined;

  constructor(options: IcePathOptions) {
    this.options = options;
  }

  get isOn(): boolean {
    return this.session !== undefined;
  }

  /** Where media goes; `undefined` while nothing is known to work. */
  get target(): Endpoint | undefined {
    return this.session?.target?.remote;
  }

  /** Whether the other side has shown that it is at this address. */
  isVerified(from: Endpoint): boolean {
    return this.session?.isVerified(from) === true;
  }

  /** What a round of offer and answer gave. Two lite sides make no checks (RFC 8445 §6.1.1). */
  configure(ice: NegotiatedIce | undefined): void {
    if (ice === undefined || (ice.local.lite && ice.remote.lite)) return this.close();
    this.session ??= this.open(ice);
    this.session.configure(ice);
  }

  /** A message of STUN; `false` where it is none of ours. */
  receive(packet: Uint8Array, from: Endpoint): boolean {
    const message = readStun(packet);
    if (message === undefined || this.session === undefined) return false;
    this.session.receive(message, SOCKET, from);
    return true;
  }

  close(): void {
    this.session?.close();
    this.session = undefined;
  }

  private open({ local }: NegotiatedIce): IceSession {
    const { clock, random } = this.options.runtime;
    const session = new IceSession({
      clock,
      random,
      family: isIP(local.candidates[0]?.address ?? '') || 4,
      send: (packet, _base, to) => this.options.send(packet, to),
      onSelected: () => this.options.onFound(),
      onFailed: (reason) => this.options.onFailed(reason),
    });
    session.addBase(SOCKET);
    return session;
  }
}
