import type { Clock, Runtime, StrowgerError } from '@strowger/runtime';
import type { SipMessage, Uri } from '@strowger/sip-message';
import type { Hop, Inbound, MessageSender } from '@strowger/transaction-core';
import type { SimulatedHost } from './simulation-host.ts';

/** What a program is given by the machine that it runs on. */
export interface Machine extends MessageSender {
  readonly runtime: Runtime;
  readonly address: string;
  /** Survives the process: what a program writes here it finds when it is started again. */
  readonly disk: Map<string, string>;
}

/** A running program. */
export interface Program {
  /** Takes a message from the wire. */
  receive(inbound: Inbound): void;
}

/** The clock of one process: its timers die with it, its wall time is its host's. */
export class ProcessClock implements Clock {
  private readonly host: SimulatedHost;
  private readonly clock: Clock;
  private alive = true;

  constructor(host: SimulatedHost, clock: Clock) {
    this.host = host;
    this.clock = clock;
  }

  get armedTimers(): number {
    return this.clock.armedTimers;
  }

  now(): number {
    return this.clock.now();
  }

  wall(): number {
    return this.clock.wall() + this.host.wallOffsetMs;
  }

  arm(delayMs: number, fire: () => void): ReturnType<Clock['arm']> {
    return this.clock.arm(delayMs, () => {
      if (this.alive) fire();
    });
  }

  stop(): void {
    this.alive = false;
  }
}

/** One life of a program on a host: after `kill` nothing that it holds does anything any more. */
export class SimulatedProcess implements Machine {
  readonly runtime: Runtime;
  readonly disk: Map<string, string>;
  private readonly host: SimulatedHost;
  private readonly clock: ProcessClock;
  private alive = true;

  constructor(host: SimulatedHost, runtime: Runtime, disk: Map<string, string>) {
    this.host = host;
    this.disk = disk;
    this.clock = new ProcessClock(host, runtime.clock);
    this.runtime = { ...runtime, clock: this.clock };
  }

  get address(): string {
    return this.host.address;
  }

  locate(target: Uri, sizeBytes: number): readonly Hop[] | Promise<readonly Hop[]> {
    const located = this.host.locate(target, sizeBytes);
    if (!(located instanceof Promise)) return located;
    // a promise that a dead process waits for never settles: nobody is there to be told
    return new Promise((resolve, reject) => {
      located.then(
        (hops) => this.alive && resolve(hops),
        (error: unknown) => this.alive && reject(error),
      );
    });
  }

  sentBy(hop: Hop): { host: string; port: number } {
    return this.host.sentBy(hop);
  }

  send(message: SipMessage, hop: Hop, failed: (error: StrowgerError) => void): void {
    if (!this.alive) return;
    this.host.send(message, hop, (error) => {
      if (this.alive) failed(error);
    });
  }

  kill(): void {
    this.alive = false;
    this.clock.stop();
  }
}
