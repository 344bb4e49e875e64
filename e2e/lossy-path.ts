import { createSocket, type Socket } from 'node:dgram';

/** How a path treats what crosses it, by the number of the packet on its way. */
export interface PathFaults {
  isLost(number: number): boolean;
  delayMs(number: number): number;
}

interface Passage {
  readonly near: Socket;
  readonly far: Socket;
}

/**
 * A path between two endpoints on loopback that loses and delays RTP from the first to the second;
 * RTCP, and all that comes back, passes whole. Descriptions that cross it lead over it.
 */
export class LossyPath {
  private readonly faults: PathFaults;
  private readonly passages: Passage[] = [];
  private passed = 0;

  private constructor(faults: PathFaults) {
    this.faults = faults;
  }

  /** Binds two pairs of ports from `port` on: those that the second sees, then the first. */
  static async open(port: number, faults: PathFaults): Promise<LossyPath> {
    const path = new LossyPath(faults);
    for (const beside of [0, 1]) {
      const near = await bound(port + 2 + beside);
      const far = await bound(port + beside);
      path.passages.push({ near, far });
    }
    return path;
  }

  /** Joins the two sides: each description as the other one shall see it. */
  join(first: string, second: string): { forSecond: string; forFirst: string } {
    const [a, b] = [portOf(first), portOf(second)];
    for (const [beside, { near, far }] of this.passages.entries()) {
      near.on('message', (bytes) => this.pass(far, bytes, { port: b + beside, beside }));
      far.on('message', (bytes) => near.send(bytes, a + beside, '127.0.0.1'));
    }
    const [rtp] = this.passages;
    return {
      forSecond: first.replace(/m=audio \d+/, `m=audio ${rtp?.far.address().port}`),
      forFirst: second.replace(/m=audio \d+/, `m=audio ${rtp?.near.address().port}`),
    };
  }

  close(): void {
    for (const { near, far } of this.passages) {
      near.close();
      far.close();
    }
  }

  private pass(far: Socket, bytes: Buffer, { port, beside }: { port: number; beside: number }) {
    if (beside === 1) return far.send(bytes, port, '127.0.0.1');
    const number = this.passed++;
    if (this.faults.isLost(number)) return;
    const delay = this.faults.delayMs(number);
    setTimeout(() => far.send(bytes, port, '127.0.0.1'), delay);
  }
}

function portOf(description: string): number {
  return Number(/m=audio (\d+)/.exec(description)?.[1]);
}

async function bound(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve));
  return socket;
}
