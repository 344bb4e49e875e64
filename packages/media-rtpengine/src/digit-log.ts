import type { DatagramSocket, Endpoint, Runtime } from '@strowger/runtime';

const DIGITS = '0123456789*#ABCD';

/** A digit that an engine heard. */
export interface LoggedDigit {
  readonly callId: string;
  readonly tag: string;
  readonly digit: string;
  readonly durationMs: number;
}

/** Where engines send their digit log (`--dtmf-log-dest`): JSON in datagrams, one a digit. */
export class DigitLog {
  private readonly socket: Promise<DatagramSocket>;

  constructor(runtime: Runtime, { address, port }: Endpoint, tell: (digit: LoggedDigit) => void) {
    this.socket = runtime.datagrams.open({
      address,
      port,
      onPacket: (packet) => {
        const digit = readDigit(packet);
        if (digit) tell(digit);
      },
    });
    this.socket.catch(() => {}); // told by `opened`
  }

  /** Rejects with the system's error where the address cannot be bound. */
  async opened(): Promise<void> {
    await this.socket;
  }

  async close(): Promise<void> {
    const socket = await this.socket.catch(() => undefined);
    await socket?.close();
  }
}

/** Undefined for what is no digit of rtpengine's; never throws. */
export function readDigit(packet: Uint8Array): LoggedDigit | undefined {
  const read = parse(new TextDecoder().decode(packet.subarray(0, 4096)));
  const { callid, source_tag: tag, event, duration } = read;
  const digit = typeof event === 'number' ? DIGITS[event] : undefined;
  if (typeof callid !== 'string' || typeof tag !== 'string' || digit === undefined) {
    return undefined;
  }
  const durationMs = typeof duration === 'number' ? duration : 0;
  return { callId: callid, tag, digit, durationMs };
}

function parse(json: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
