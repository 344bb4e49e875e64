import type { SipMessage, SipRequest, SipResponse } from '@strowger/sip-message';
import {
  type Counted,
  createSimulation,
  type FakeMediaWire,
  type Simulation,
} from '@strowger/testkit';
import { expect } from 'vitest';
import { Phone, type PhoneOptions } from './phone.ts';
import { Wire } from './wire.ts';

/** A network for one flow: phones, and whatever else the RFC's figure has. */
export class Stage {
  readonly simulation: Simulation = createSimulation({ seed: 3665 });
  readonly wire = new Wire(this.simulation.clock);
  /** Where the media of all phones meets. */
  readonly media: FakeMediaWire = new Map();
  private readonly layers: Record<string, Counted> = {};

  phone(name: string, options: PhoneOptions = {}): Phone {
    const phone = new Phone(this.simulation.network.host(name), this.wire, options);
    this.count(name, phone.layer);
    return phone;
  }

  phones<const N extends readonly string[]>(...names: N): Readonly<Record<N[number], Phone>> {
    // every name of N has its entry
    return Object.fromEntries(names.map((name) => [name, this.phone(name)])) as Record<
      N[number],
      Phone
    >;
  }

  /** A layer of which nothing may be left when the flow is over. */
  count(name: string, layer: Counted): void {
    this.layers[name] = layer;
  }

  /** Lets messages arrive, or time pass. */
  pause(ms = 100): Promise<void> {
    return this.simulation.run(ms);
  }

  /** What was sent since the last `shows`, and nothing else, in this order. */
  shows(ladder: string): void {
    const lines = ladder
      .split('\n')
      .map((line) => line.trim().replaceAll(/\s+/gu, ' '))
      .filter((line) => line !== '');
    expect(this.wire.take()).toEqual(lines);
  }

  /** The last request of an arrow: `alice -> bob INVITE`. */
  request(arrow: string): SipRequest {
    const message = this.last(arrow);
    if (message.kind !== 'request') throw new Error(`${arrow} is no request`);
    return message;
  }

  /** The last response of an arrow: `bob -> alice 200 INVITE`. */
  response(arrow: string): SipResponse {
    const message = this.last(arrow);
    if (message.kind !== 'response') throw new Error(`${arrow} is no response`);
    return message;
  }

  /** The closing assertions: everything comes to rest, and nothing is left. */
  async end(): Promise<void> {
    await this.simulation.runUntilQuiet();
    expect(this.wire.take()).toEqual([]);
    this.simulation.assertQuiet(this.layers);
  }

  private last(arrow: string): SipMessage {
    const message = this.wire.all(arrow).at(-1);
    if (message === undefined) throw new Error(`nobody sent ${arrow}`);
    return message;
  }
}
