import type { Clock } from '@strowger/runtime';

const PACKET_MS = 20;
const PACKET_BYTES = 160;

/** @internal Counts the packets that would have gone by: one in 20 ms while media flows. */
export class FakeTraffic {
  private readonly clock: Clock | undefined;
  private sending = false;
  private hearing = false;
  private sentMs = 0;
  private heardMs = 0;
  private since: number;

  constructor(clock: Clock | undefined) {
    this.clock = clock;
    this.since = this.now();
  }

  change(sending: boolean, hearing: boolean): void {
    this.account();
    this.sending = sending;
    this.hearing = hearing;
  }

  counters(): {
    packetsSent: number;
    bytesSent: number;
    packetsReceived: number;
    bytesReceived: number;
  } {
    this.account();
    const packetsSent = Math.floor(this.sentMs / PACKET_MS);
    const packetsReceived = Math.floor(this.heardMs / PACKET_MS);
    return {
      packetsSent,
      bytesSent: packetsSent * PACKET_BYTES,
      packetsReceived,
      bytesReceived: packetsReceived * PACKET_BYTES,
    };
  }

  private account(): void {
    const passed = this.now() - this.since;
    if (this.sending) this.sentMs += passed;
    if (this.hearing) this.heardMs += passed;
    this.since += passed;
  }

  private now(): number {
    return this.clock?.now() ?? 0;
  }
}
