import type { IceCandidate } from './ice-candidate.ts';

/** What one side says of its ICE (RFC 8839 §5). */
export interface IceDescription {
  /** 4–256 characters of letters, digits, `+`, `/`. */
  readonly ufrag: string;
  /** 22–256 characters of the same. */
  readonly pwd: string;
  /** It answers checks and makes none (RFC 8445 §2.5). */
  readonly lite: boolean;
  readonly candidates: readonly IceCandidate[];
  /** More candidates come later (RFC 8840). */
  readonly trickle?: boolean;
  /** None comes any more (RFC 8840 §8.2). */
  readonly endOfCandidates?: boolean;
  /** Which of our candidates the controlling side has chosen (RFC 8839 §5.2). */
  readonly remoteCandidates?: readonly {
    readonly component: number;
    readonly address: string;
    readonly port: number;
  }[];
}

/** ICE as agreed; absent where one side has none, and then the addresses of the lines hold. */
export interface NegotiatedIce {
  readonly local: IceDescription;
  readonly remote: IceDescription;
  /** Whether we nominate (RFC 8445 §6.1.1). */
  readonly controlling: boolean;
}

/** Whether a side began its ICE anew (RFC 8839 §4.4.1.1.1): both credentials are others. */
export function isIceRestart(before: IceDescription, now: IceDescription): boolean {
  return before.ufrag !== now.ufrag || before.pwd !== now.pwd;
}
