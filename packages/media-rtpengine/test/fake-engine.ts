import type { DatagramSocket, Endpoint } from '@strowger/runtime';
import type { Simulation } from '@strowger/testkit';
import { bdecode, bencode, type Bencoded } from '../src/bencode.ts';

/** What an engine was sent. */
export interface Heard {
  readonly at: number;
  readonly cookie: string;
  readonly command: string;
  readonly callId: string | undefined;
  /** What it was told to do with codecs. */
  readonly codec?: Bencoded;
  readonly metadata?: string;
}

/** A host that speaks the `ng` protocol as a test wants it. */
export class FakeEngine {
  readonly heard: Heard[] = [];
  readonly engine: Endpoint;
  /** What is replied; undefined: nothing, as a dead engine does. */
  reply: (command: string, callId: string | undefined) => Bencoded | undefined = ok;
  private readonly simulation: Simulation;
  private socket: DatagramSocket | undefined;

  private constructor(simulation: Simulation, engine: Endpoint) {
    this.simulation = simulation;
    this.engine = engine;
  }

  static async on(simulation: Simulation, name: string, address: string): Promise<FakeEngine> {
    const fake = new FakeEngine(simulation, { address, port: 2223 });
    const { runtime } = simulation.network.host(name, { address });
    const onPacket = (packet: Uint8Array, from: Endpoint): void => fake.receive(packet, from);
    fake.socket = await runtime.datagrams.open({ ...fake.engine, onPacket });
    return fake;
  }

  /** Sends bytes to whoever asked last. */
  sendRaw(bytes: Uint8Array, to: Endpoint): void {
    this.socket?.send(bytes, to);
  }

  async close(): Promise<void> {
    await this.socket?.close();
  }

  /** Where the last command came from. */
  asker: Endpoint = { address: '0.0.0.0', port: 0 };

  private receive(packet: Uint8Array, from: Endpoint): void {
    this.asker = from;
    const space = packet.indexOf(0x20);
    const cookie = new TextDecoder().decode(packet.subarray(0, space));
    const read = bdecode(packet.subarray(space + 1)) as { [key: string]: string };
    const { command = '', 'call-id': callId, codec, metadata } = read;
    const at = this.simulation.clock.now();
    const more = {
      ...(codec !== undefined && { codec }),
      ...(metadata !== undefined && { metadata }),
    };
    this.heard.push({ at, cookie, command, callId, ...more });
    const reply = this.reply(command, callId);
    if (reply === undefined) return;
    this.socket?.send(new TextEncoder().encode(`${cookie} ${bencode(reply)}`), from);
  }
}

function ok(command: string): Bencoded {
  return { result: command === 'ping' ? 'pong' : 'ok' };
}
