import { Buffer } from 'node:buffer';
import type { Hop } from '@strowger/transaction-core';
import { chanceOf } from './simulation-chance.ts';
import type { SimulatedHost } from './simulation-host.ts';
import type { WireEvent } from './simulation-network.ts';
import type { Simulation } from './simulation.ts';

/** How a hostile host behaves. */
export interface AttackerOptions {
  /** By default `mallory`. */
  readonly name?: string;
  /** Whom it sends to. */
  readonly targets: readonly SimulatedHost[];
  /** Milliseconds between two attacks; 200 by default. */
  readonly everyMs?: number;
  /** When it stops, in milliseconds after now; 60,000 by default. */
  readonly forMs?: number;
  /** Messages of a flood; 20 by default. */
  readonly floodSize?: number;
}

/** What it does, one after the other by chance. */
export type Attack =
  | 'noise'
  | 'mutated'
  | 'forgedBye'
  | 'oldCSeq'
  | 'forgedResponse'
  | 'strayCancel'
  | 'strayAck'
  | 'replay'
  | 'optionsFlood'
  | 'inviteFlood';

const ATTACKS: readonly Attack[] = [
  'noise',
  'mutated',
  'forgedBye',
  'oldCSeq',
  'forgedResponse',
  'strayCancel',
  'strayAck',
  'replay',
  'optionsFlood',
  'inviteFlood',
];

/** Copies of one datagram are the network's business this long; later it is a new request. */
const REPLAY_MS = 3000;
const MEMORY = 64;

/**
 * A host that hears everything and sends nonsense and forged messages over UDP. It never sends what
 * a peer in a dialog would have to obey: tags, branches or CSeq are wrong, or it is a mere copy.
 */
export class Attacker {
  readonly host: SimulatedHost;
  /** How often it did what. */
  readonly done = new Map<Attack, number>();
  private readonly simulation: Simulation;
  private readonly options: AttackerOptions;
  private readonly heard: WireEvent[] = [];
  private drawn = 0;
  private readonly until: number;

  constructor(simulation: Simulation, options: AttackerOptions) {
    this.simulation = simulation;
    this.options = options;
    this.host = simulation.network.host(options.name ?? 'mallory');
    this.until = simulation.clock.now() + (options.forMs ?? 60_000);
    simulation.network.tap((event) => {
      if (event.type !== 'sent' || event.hop.transport !== 'udp') return;
      this.heard.push(event);
      if (this.heard.length > MEMORY) this.heard.shift();
    });
  }

  /** Begins, until its time is over. */
  start(): this {
    this.wait();
    return this;
  }

  private wait(): void {
    const { clock } = this.simulation;
    if (clock.now() >= this.until) return;
    clock.arm(this.options.everyMs ?? 200, () => {
      this.attack(ATTACKS[this.below(ATTACKS.length)] ?? 'noise');
      this.wait();
    });
  }

  /** Carries out one attack. */
  attack(attack: Attack): void {
    this.done.set(attack, (this.done.get(attack) ?? 0) + 1);
    const target = this.options.targets[this.below(this.options.targets.length)];
    const event = this.heard[this.below(this.heard.length)];
    if (target === undefined) return;
    const hop = target.hop();
    switch (attack) {
      case 'noise':
        return this.send(this.noise(), hop);
      case 'optionsFlood':
      case 'inviteFlood':
        return this.flood(attack === 'inviteFlood' ? 'INVITE' : 'OPTIONS', hop);
      default:
        if (event !== undefined) this.abuse(attack, event, hop);
    }
  }

  private abuse(
    attack: Exclude<Attack, 'noise' | 'optionsFlood' | 'inviteFlood'>,
    event: WireEvent,
    hop: Hop,
  ): void {
    const { message } = event;
    switch (attack) {
      case 'mutated':
        return this.send(this.mutate(event), event.hop);
      case 'forgedBye':
        return this.send(this.request('BYE', { ...known(event), fromTag: 'x', toTag: 'y' }), hop);
      case 'oldCSeq':
        // everything is right but the number: 500, and the dialog lives on (RFC 3261 §12.2.2)
        if (message.kind === 'response' || message.to.tag === undefined) return;
        return this.send(this.request('BYE', { ...known(event), cseq: 0 }), event.hop);
      case 'forgedResponse':
        return this.send(this.response(event), event.hop);
      case 'strayCancel':
        return this.send(this.request('CANCEL', known(event)), event.hop);
      case 'strayAck':
        return this.send(this.request('ACK', { ...known(event), toTag: 'z' }), event.hop);
      case 'replay':
        if (this.simulation.clock.now() - event.at > REPLAY_MS) return;
        return this.replay(event);
      default:
        attack satisfies never;
    }
  }

  private replay({ bytes, hop, host }: WireEvent): void {
    const source = this.options.targets.find(({ name }) => name === host);
    if (source !== undefined) this.host.sendForged(bytes, hop, source);
  }

  private flood(method: string, hop: Hop): void {
    for (let number = 0; number < (this.options.floodSize ?? 20); number++) {
      const callId = `flood-${this.below(2 ** 30)}`;
      const bytes = this.request(method, { callId, fromTag: 'f', toTag: '', cseq: 1 });
      const source = { address: `192.0.2.${this.below(250)}`, port: 1024 + this.below(60_000) };
      this.host.sendForged(bytes, hop, source);
    }
  }

  private send(bytes: Uint8Array, hop: Hop): void {
    this.host.sendForged(bytes, hop, { address: this.host.address, port: 5060 });
  }

  private noise(): Uint8Array {
    return Uint8Array.from({ length: 1 + this.below(700) }, () => this.below(256));
  }

  /** A message of a call that does not exist, with some of its bytes changed. */
  private mutate({ bytes, message }: WireEvent): Uint8Array {
    const text = Buffer.from(bytes).toString('latin1');
    const branch = message.via.branch ?? '';
    const foreign = text
      .replaceAll(message.callId, `x${message.callId.slice(1)}-m${this.below(1e6)}`)
      .replaceAll(branch, `${branch}m`);
    const changed = Buffer.from(foreign, 'latin1');
    for (let count = this.below(8); count >= 0; count--) {
      // the end of a message tells less about a parser than its head
      changed[this.below(Math.min(changed.length, 500))] = this.below(256);
    }
    // a Call-ID that was hit must not name a call that exists
    return Buffer.from(changed.toString('latin1').replaceAll(message.callId, 'm'), 'latin1');
  }

  private request(method: string, { callId, fromTag, toTag, cseq }: Known): Uint8Array {
    return Buffer.from(
      [
        `${method} sip:victim@${this.host.address} SIP/2.0`,
        `Via: SIP/2.0/UDP ${this.host.address}:5060;branch=z9hG4bKm${this.below(2 ** 30)}`,
        'Max-Forwards: 70',
        `From: <sip:mallory@mallory>;tag=${fromTag}`,
        `To: <sip:victim@victim>${toTag === '' ? '' : `;tag=${toTag}`}`,
        `Call-ID: ${callId}`,
        `CSeq: ${cseq} ${method}`,
        `Contact: <sip:mallory@${this.host.address}>`,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
  }

  /** The answer to somebody else's request, with a branch that is none. */
  private response({ message }: WireEvent): Uint8Array {
    return Buffer.from(
      [
        'SIP/2.0 486 Forged',
        `Via: SIP/2.0/UDP ${message.via.host};branch=z9hG4bKwrong${this.below(2 ** 30)}`,
        `From: ${message.from.toString()}`,
        `To: ${message.to.toString()}`,
        `Call-ID: ${message.callId}`,
        `CSeq: ${message.cseq.number} ${message.cseq.method}`,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
  }

  private below(limit: number): number {
    return Math.floor(chanceOf(this.simulation.seed ^ 0x3a11, this.drawn++, 3) * limit);
  }
}

interface Known {
  readonly callId: string;
  readonly fromTag: string;
  readonly toTag: string;
  readonly cseq: number;
}

function known({ message }: WireEvent): Known {
  return {
    callId: message.callId,
    fromTag: message.from.tag ?? 'none',
    toTag: message.to.tag ?? '',
    cseq: message.cseq.number,
  };
}
