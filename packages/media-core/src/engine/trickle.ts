import { isOpenAudio } from '../sdp/audio-line.ts';
import { readDescription, type Sdp, writeTrickleFragment } from '../sdp/index.ts';
import type { LocalIce } from './local-ice.ts';

/** What trickling is made of. */
export interface TrickleOptions {
  readonly ice: LocalIce | undefined;
  /** Whether its endpoint is over: nobody is told anything then. */
  hasEnded(): boolean;
  /** Takes the body of an INFO (RFC 8840 §9). */
  tell(fragment: string): void;
}

/**
 * Candidates of ours that come after the answer that they belong to (RFC 8838). Offers have all: who
 * makes one does not know yet what the other side can (half trickle, RFC 8840 §4.4).
 */
export class Trickle {
  private readonly options: TrickleOptions;
  private isOn = false;

  constructor(options: TrickleOptions) {
    this.options = options;
  }

  /** Whether the answer to this offer may come before all candidates: both sides have to want it. */
  begin(offer: Sdp, isWanted = false): void {
    const { ice } = this.options;
    this.isOn = isWanted && ice !== undefined && iceOf(offer)?.trickle === true;
    if (ice) ice.trickles = this.isOn;
  }

  /** An offer holds all our candidates, and says whether those of the answer may come later. */
  offer(isWanted = false): void {
    const { ice } = this.options;
    this.isOn = false;
    if (ice) ice.trickles = isWanted;
  }

  /** Resolves when the answer may be written: at once where candidates may follow. */
  async ready(): Promise<void> {
    if (!this.isOn) await this.options.ice?.gathered;
  }

  /** The answer is written: tells what is not in it once that is known, and that it was all. */
  follow(answer: Sdp): void {
    const { ice } = this.options;
    const written = iceOf(answer);
    if (!this.isOn || ice === undefined || written === undefined) return;
    this.isOn = false;
    if (written.endOfCandidates) return;
    void this.tellLater(ice, written);
  }

  private async tellLater(ice: LocalIce, { mid, ufrag, pwd, candidates }: OwnLine): Promise<void> {
    const isGathered = await ice.gathered.then(
      () => true,
      () => false, // it was closed meanwhile
    );
    const now = isGathered ? ice.describe() : undefined;
    if (this.options.hasEnded()) return;
    if (now?.ufrag !== ufrag) return; // another generation has taken its place
    const isNew = ({ address, port }: { address: string; port: number }): boolean =>
      !candidates.some((one) => one.address === address && one.port === port);
    const later = now.candidates.filter(isNew);
    const line = { ...(mid !== undefined && { mid }), candidates: later, endOfCandidates: true };
    this.options.tell(writeTrickleFragment({ ufrag, pwd, media: [line] }));
  }
}

/** Our line of ICE in a description. */
type OwnLine = NonNullable<ReturnType<typeof iceOf>>;

function iceOf(sdp: Sdp) {
  const read = readDescription(sdp);
  const line = read.ok ? read.description.media.find(isOpenAudio) : undefined;
  return line?.ice && { ...line.ice, mid: line.mid };
}
