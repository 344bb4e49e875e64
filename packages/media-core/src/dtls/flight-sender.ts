import type { Clock, Timer } from '@strowger/runtime';
import { CONTENT, writeRecord } from './dtls-records.ts';
import { fragments } from './handshake-message.ts';
import type { RecordCipher } from './record-cipher.ts';
import { concat } from './tls-bytes.ts';

/** RFC 6347 §4.2.4.1 doubles from a second on; where speech waits, less is right (RFC 9147 §5.8.2). */
const FIRST_TIMEOUT_MS = 400;
const LONGEST_TIMEOUT_MS = 3200;
/** Repetitions that come sooner than this are the same repetition. */
const SHORTEST_PAUSE_MS = 50;
/** Fits through every path, tunnels among them. */
const LARGEST_DATAGRAM = 1200;
const FINISHED = 20;

/** Sends flights, and sends them again (RFC 6347 §4.2.4). */
export class FlightSender {
  private readonly clock: Clock;
  private readonly transmit: (datagram: Uint8Array) => void;
  private readonly sequences = [0, 0];
  private cipher: RecordCipher | undefined;
  private flight: readonly Uint8Array[] = [];
  private timeoutMs = FIRST_TIMEOUT_MS;
  private timer: Timer | undefined;
  private sentAt = 0;

  constructor({ clock, send }: { clock: Clock; send(datagram: Uint8Array): void }) {
    this.clock = clock;
    this.transmit = send;
  }

  /** From now on a Finished, and what is said besides flights, is enciphered. */
  encipher(cipher: RecordCipher): void {
    this.cipher = cipher;
  }

  /** Sends a flight; after the last one nothing is awaited, and it repeats only what was lost. */
  start(messages: readonly Uint8Array[], isLast: boolean): void {
    this.flight = messages;
    this.timeoutMs = FIRST_TIMEOUT_MS;
    this.timer?.cancel();
    this.send();
    if (!isLast) this.arm();
  }

  /** The other side repeats itself: our flight did not reach it. */
  answerRepeated(): void {
    if (this.clock.now() - this.sentAt >= SHORTEST_PAUSE_MS) this.send();
  }

  /** Begins anew with a flight that may never have left. */
  resend(): void {
    if (this.flight.length > 0) this.start(this.flight, this.timer?.armed !== true);
  }

  /** A record that is no part of a flight. */
  say(type: number, fragment: Uint8Array): void {
    this.transmit(this.record(type, fragment, this.cipher === undefined ? 0 : 1));
  }

  /** What has arrived is not sent again. */
  stop(): void {
    this.timer?.cancel();
    this.flight = [];
  }

  private arm(): void {
    this.timer = this.clock.arm(this.timeoutMs, () => {
      this.timeoutMs = Math.min(this.timeoutMs * 2, LONGEST_TIMEOUT_MS);
      this.send();
      this.arm();
    });
  }

  private send(): void {
    this.sentAt = this.clock.now();
    let datagram: Uint8Array[] = [];
    let size = 0;
    const flush = (): void => {
      if (datagram.length > 0) this.transmit(concat(...datagram));
      datagram = [];
      size = 0;
    };
    for (const record of this.records()) {
      if (size + record.length > LARGEST_DATAGRAM) flush();
      datagram.push(record);
      size += record.length;
    }
    flush();
  }

  /** Numbers of records are never used again, those of messages are (RFC 6347 §4.2.2). */
  private records(): Uint8Array[] {
    return this.flight.flatMap((message) => {
      if (message[0] !== FINISHED) {
        return fragments(message).map((one) => this.record(CONTENT.handshake, one, 0));
      }
      const changed = this.record(CONTENT.changeCipherSpec, Uint8Array.of(1), 0);
      return [changed, ...fragments(message).map((one) => this.record(CONTENT.handshake, one, 1))];
    });
  }

  private record(type: number, fragment: Uint8Array, epoch: 0 | 1): Uint8Array {
    const sequence = this.sequences[epoch] ?? 0;
    this.sequences[epoch] = sequence + 1;
    const record = { type, epoch, sequence, fragment };
    if (epoch === 0 || this.cipher === undefined) return writeRecord(record);
    return writeRecord({ ...record, fragment: this.cipher.seal(record) });
  }
}
