/** Packets received between losses that end a burst (RFC 3611 §4.7.2 recommends 16). */
export const GAP_THRESHOLD = 16;

/** Losses within bursts and between them (RFC 3611 §4.7.2). */
export interface BurstMetrics {
  /** Share of packets lost or thrown away within bursts, 0–1. */
  readonly burstDensity: number;
  /** The same between bursts. */
  readonly gapDensity: number;
  /** Mean durations; a call without bursts is one gap. */
  readonly burstDurationMs: number;
  readonly gapDurationMs: number;
  /** How much longer runs of losses are than by chance (BurstR of G.107): 1 and more. */
  readonly burstRatio: number;
}

/**
 * The four-state Markov model of RFC 3611 appendix A.2, a Gilbert-Elliott model: state 1 received in
 * a gap, 2 received in a burst, 3 lost in a burst, 4 lost in a gap. Fed once per packet, in order.
 */
export class LossBursts {
  private sinceLoss = 0;
  private lostInBurst = 0;
  private c11 = 0;
  private c13 = 0;
  private c14 = 0;
  private c22 = 0;
  private c23 = 0;
  private c33 = 0;
  private packets = 0;
  private losses = 0;
  /** Runs of packets that were lost one after the other. */
  private runs = 0;
  private isInRun = false;

  /** A packet came, and could be played. */
  received(): void {
    this.packets++;
    this.sinceLoss++;
    this.isInRun = false;
  }

  /** A packet was lost, or came and was thrown away. */
  lost(): void {
    this.packets++;
    this.losses++;
    if (!this.isInRun) this.runs++;
    this.isInRun = true;
    if (this.sinceLoss >= GAP_THRESHOLD || this.losses === 1) {
      this.beginAnew();
    } else {
      this.lostInBurst++;
      if (this.sinceLoss === 0) this.c33++;
      else {
        this.c23++;
        this.c22 += this.sinceLoss - 1;
      }
    }
    this.sinceLoss = 0;
  }

  /** A gap came before this loss: the one before stood alone in a gap, or ended a burst. */
  private beginAnew(): void {
    if (this.lostInBurst === 1) this.c14++;
    else if (this.lostInBurst > 1) this.c13++;
    this.lostInBurst = 1;
    this.c11 += this.sinceLoss;
  }

  /** What was seen so far, with packets that last so long each. */
  metrics(packetMs: number): BurstMetrics {
    const [isolated, bursts] = this.ended();
    const gapPackets = this.c11 + isolated + this.openGap;
    const burstLosses = this.losses - isolated;
    const burstPackets = Math.max(0, this.packets - gapPackets);
    return {
      burstDensity: burstPackets === 0 ? 0 : burstLosses / burstPackets,
      gapDensity: gapPackets === 0 ? 0 : isolated / gapPackets,
      burstDurationMs: bursts === 0 ? 0 : (burstPackets * packetMs) / bursts,
      gapDurationMs: (gapPackets * packetMs) / Math.max(1, bursts + (this.openGap > 0 ? 1 : 0)),
      burstRatio: this.burstRatio,
    };
  }

  /** Losses that stood alone, and bursts, the last one among them as it is now. */
  private ended(): [isolated: number, bursts: number] {
    const isLone = this.lostInBurst === 1;
    const isBurst = this.lostInBurst > 1;
    return [this.c14 + (isLone ? 1 : 0), this.c13 + (isBurst ? 1 : 0)];
  }

  /** Received since the last loss, where that is long enough to be no burst any more. */
  private get openGap(): number {
    const endsBurst = this.sinceLoss >= GAP_THRESHOLD || this.lostInBurst <= 1;
    return endsBurst ? this.sinceLoss : 0;
  }

  private get burstRatio(): number {
    if (this.runs === 0) return 1;
    const share = this.losses / this.packets;
    return Math.max(1, (this.losses / this.runs) * (1 - share));
  }
}
