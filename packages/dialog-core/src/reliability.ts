import type { SipRequest } from '@strowger/sip-message';
import { lists } from './rseq.ts';

/**
 * Reliable provisional responses (RFC 3262). `never`: the option tag 100rel is not known here.
 * `supported`: used where the peer requires them, and for descriptions where it supports them.
 * `required`: of every peer; an INVITE without 100rel gets 421.
 */
export type ReliableProvisionals = 'never' | 'supported' | 'required';

/** What an INVITE says about 100rel. */
export interface PeerReliability {
  readonly supports: boolean;
  readonly requires: boolean;
}

/** What a peer's INVITE says about 100rel (RFC 3262 §3). */
export function peerReliability({ headers }: SipRequest): PeerReliability {
  const requires = lists(headers.get('require'), '100rel');
  return { requires, supports: requires || lists(headers.get('supported'), '100rel') };
}

/** What is known when a provisional response goes out. */
export interface ProvisionalNeeds {
  readonly policy: ReliableProvisionals;
  readonly peer: PeerReliability;
  /** What the owner asked for; absent: as policy has it. */
  readonly asked: boolean | undefined;
  readonly described: boolean;
}

/** Whether a provisional response above 100 is sent reliably. */
export function isSentReliably({ policy, peer, asked, described }: ProvisionalNeeds): boolean {
  if (policy === 'never' || !peer.supports) return false;
  if (peer.requires || policy === 'required') return true;
  return asked ?? described;
}
