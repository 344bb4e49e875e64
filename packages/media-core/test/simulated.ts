import type { Clock, DatagramSocket, Endpoint, Runtime } from '@strowger/runtime';
import { createSimulation, type Simulation, type SimulationOptions } from '@strowger/testkit';
import {
  createMediaEngine,
  emptyRtpHeader,
  isRtcp,
  type MediaEndpoint,
  type MediaEndpointEvent,
  type MediaEngine,
  type MediaEngineOptions,
  readRtp,
  type RtpHeader,
  writeRtpHeader,
} from '../src/index.ts';

/** An engine on a simulated host. */
export function engineOn(
  simulation: Simulation,
  host: { name: string; address: string },
  options: Partial<MediaEngineOptions> = {},
): MediaEngine {
  const { runtime } = simulation.network.host(host.name, { address: host.address });
  return createMediaEngine({
    address: host.address,
    ports: { from: 10_000, to: 10_099 },
    runtime,
    ...options,
  });
}

/** An endpoint that keeps what it tells. */
export async function listening(
  engine: MediaEngine,
  codecs?: readonly string[],
): Promise<{ endpoint: MediaEndpoint; events: MediaEndpointEvent[] }> {
  const events: MediaEndpointEvent[] = [];
  const onEvent = (event: MediaEndpointEvent): unknown => events.push(event);
  const request = { label: 'test', ...(codecs && { codecs }), onEvent };
  return { endpoint: await engine.openEndpoint(request), events };
}

/** A packet as a raw phone saw it. */
export interface Seen extends RtpHeader {
  at: number;
  from: Endpoint;
  payload: number[];
}

/** A phone of two bare sockets: it says what a test wants and writes down what comes. */
export class RawPhone {
  readonly rtp: Seen[] = [];
  readonly rtcp: { at: number; bytes: Uint8Array }[] = [];
  private readonly socket: DatagramSocket;
  private readonly control: DatagramSocket;

  private constructor(socket: DatagramSocket, control: DatagramSocket) {
    this.socket = socket;
    this.control = control;
  }

  static async on(
    simulation: Simulation,
    host: { name: string; address: string; port?: number },
  ): Promise<RawPhone> {
    const { runtime } = simulation.network.host(host.name, { address: host.address });
    return RawPhone.at(runtime, host);
  }

  /** The same on sockets of any kind. */
  static async at(
    runtime: Runtime,
    { address, port = 4000 }: { address: string; port?: number },
  ): Promise<RawPhone> {
    const phone: { made?: RawPhone } = {};
    const onPacket = (packet: Uint8Array, from: Endpoint): void =>
      phone.made?.take(packet, from, runtime.clock);
    const socket = await runtime.datagrams.open({ address, port, onPacket });
    const control = await runtime.datagrams.open({ address, port: port + 1, onPacket });
    phone.made = new RawPhone(socket, control);
    return phone.made;
  }

  /** A description of this phone's; formats as in `m=`, with the lines that explain them. */
  describe(formats: string, ...lines: string[]): string {
    const { address, port } = this.socket.local;
    const head = ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
    return [...head, `m=audio ${port} RTP/AVP ${formats}`, ...lines, ''].join('\r\n');
  }

  send(to: Endpoint, head: Partial<RtpHeader>, payload: readonly number[] = SILENCE): void {
    const packet = new Uint8Array(12 + payload.length);
    writeRtpHeader(packet, { ...emptyRtpHeader(), ssrc: 1, ...head });
    packet.set(payload, 12);
    this.socket.send(packet, to);
  }

  /** RTCP as it is, from the port for it. */
  sendControl(to: Endpoint, bytes: readonly number[]): void {
    this.control.send(Uint8Array.from(bytes), to);
  }

  /** Bytes as they are, from the port for RTP. */
  sendRaw(to: Endpoint, bytes: Uint8Array): void {
    this.socket.send(bytes, to);
  }

  async close(): Promise<void> {
    await Promise.all([this.socket.close(), this.control.close()]);
  }

  private take(packet: Uint8Array, from: Endpoint, clock: Clock): void {
    const at = clock.now();
    const header = emptyRtpHeader();
    if (isRtcp(packet)) this.rtcp.push({ at, bytes: packet });
    else if (readRtp(packet, header)) {
      const payload = [...packet.subarray(header.payloadStart, header.payloadEnd)];
      this.rtp.push({ ...header, at, from, payload });
    }
  }
}

const SILENCE: readonly number[] = Array.from({ length: 160 }, () => 0xff);

/** A simulation without a ladder: packets are too many to draw. */
export function mediaSimulation(options: Partial<SimulationOptions> = {}): Simulation {
  return createSimulation({ seed: 1, ladder: false, ...options });
}
