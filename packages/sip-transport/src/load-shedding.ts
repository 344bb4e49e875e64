import type { Clock, Random } from '@strowger/runtime';
import {
  createResponse,
  type SipRequest,
  type SipResponse,
  statelessTag,
} from '@strowger/sip-message';
import type { Overload } from './overload.ts';
import { tellOverload } from './overload-via.ts';
import { RecentRequests } from './recent-requests.ts';
import { rankOf } from './request-rank.ts';
import { takeToken, type TokenBucket } from './token-bucket.ts';

/** Emergencies a second that nothing holds up; anybody can claim to be one. */
const EMERGENCIES = { perSecond: 50, burst: 50 };
/** Seconds after which who is refused may try again, and up to how much later. */
const RETRY_AFTER = 5;
const RETRY_SPREAD = 10;

/** Which requests are refused while there is too much to do, and how (RFC 3261 §21.5.4, RFC 7339). */
export class LoadShedding {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly overload: Overload;
  private readonly recent: RecentRequests;
  private readonly emergencies: TokenBucket = { tokens: EMERGENCIES.burst, at: 0 };
  private sequence = 1;
  private toldShare = 0;

  constructor(clock: Clock, random: Random, overload: Overload) {
    this.clock = clock;
    this.random = random;
    this.overload = overload;
    this.recent = new RecentRequests(clock);
  }

  /** The answer to a request for which there is no time; nothing where it may go up. */
  refusal(request: SipRequest, isDatagram: boolean): SipResponse | undefined {
    const { share } = this.overload;
    this.tellShare(request, share);
    const branch = isDatagram ? request.branch : undefined;
    if (share === 0 || this.goesFirst(request, branch) || !this.overload.refuses()) {
      if (branch !== undefined && request.toTag === undefined) this.recent.add(branch);
      return undefined;
    }
    // who comes back at the same time as all others meets the same (RFC 3261 §21.5.4)
    const seconds = RETRY_AFTER + (this.random.uint32() % (RETRY_SPREAD + 1));
    // the same for every copy, as nothing is kept of it (RFC 3261 §8.2.7)
    const toTag = statelessTag(request);
    return createResponse(request, 503, { toTag, headers: [['Retry-After', seconds]] });
  }

  clear(): void {
    this.recent.clear();
  }

  private goesFirst(request: SipRequest, branch: string | undefined): boolean {
    const rank = rankOf(request);
    if (rank === 'underWay') return true;
    if (branch !== undefined && this.recent.has(branch)) return true;
    const now = this.clock.now();
    return rank === 'emergency' && takeToken(this.emergencies, { now, ...EMERGENCIES });
  }

  private tellShare(request: SipRequest, share: number): void {
    if (share !== this.toldShare) this.sequence++;
    this.toldShare = share;
    tellOverload(request, share, this.sequence);
  }
}
