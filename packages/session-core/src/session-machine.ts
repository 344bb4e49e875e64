import type { HeaderFields } from '@strowger/dialog-core';
import type { MediaDirection, MediaStats, Sdp } from './media-backend.ts';
import type { EndReason, PeerReason } from './end-reason.ts';

/** A wish to renegotiate: hold, resume, or the same once more. */
export interface Change {
  readonly id: number;
  /** What we want from now on; absent: what we wanted before. */
  readonly direction?: MediaDirection;
  /** Whether media moves to an endpoint that the owner brought for this change. */
  readonly moves?: true;
  /** Whether the offer restarts ICE (RFC 8445 §2.4): other candidates, other credentials. */
  readonly iceRestart?: true;
  /** What is spoken from then on, in order of preference; absent: what was. */
  readonly codecs?: readonly string[];
  /** Whether it goes by UPDATE (RFC 3311) where the peer takes that; else by re-INVITE. */
  readonly byUpdate?: true;
}

/** Answers to our offer while the INVITE has no final response (early media, forks). */
export interface EarlyAnswer {
  readonly applied?: { readonly sdp: Sdp; readonly direction: MediaDirection };
  readonly applying?: Sdp;
  /** Came while another one was being applied. */
  readonly next?: Sdp;
}

/** How far our side of an incoming call's media is. */
export type LocalMedia =
  | { readonly stage: 'none' }
  | { readonly stage: 'working' }
  | { readonly stage: 'ready'; readonly sdp: Sdp; readonly direction: MediaDirection };

/** A provisional response to be sent. */
export interface Progress {
  readonly status: number;
  readonly headers?: HeaderFields;
  /** Whether it is sent reliably; absent: as the manager's options have it (RFC 3262). */
  readonly reliable?: boolean;
}

/** What an answered session knows. */
export interface Talk {
  /** Of the last completed negotiation, as seen from here. */
  readonly direction: MediaDirection;
  /** What we want: `sendonly` while we hold. */
  readonly wanted: MediaDirection;
  /** Changes that wait for their turn. */
  readonly queue: readonly Change[];
  /** The peer was asked, or asks us, to talk to somebody else (RFC 3515), and that is under way. */
  readonly transferring?: boolean;
}

interface IncomingCall {
  /** The caller's offer; absent where we make the offer in our 200. */
  readonly offer?: Sdp;
  readonly alerted: boolean;
  readonly media: LocalMedia;
}

/** The states of the session table, with what is known in each. */
export type SessionMachineState =
  /** Outgoing, nothing done yet. */
  | { readonly name: 'created'; readonly plan: CallPlan }
  /** Media is being opened, our offer made. */
  | { readonly name: 'preparing'; readonly late: boolean }
  /** The INVITE is on its way. `offered`: with our offer in it. */
  | {
      readonly name: 'inviting';
      readonly offered: boolean;
      readonly rang: boolean;
      readonly answer: EarlyAnswer;
    }
  /** Answered; the description that came last is being applied, or answered in the ACK (`late`). */
  | {
      readonly name: 'accepting';
      readonly rang: boolean;
      readonly late: boolean;
      readonly next?: Sdp;
    }
  /** A call came in; `wish`: a provisional response that waits for its description. */
  | ({ readonly name: 'incoming'; readonly wish?: Progress } & IncomingCall)
  /** We answer; our description is not ready yet. */
  | ({ readonly name: 'answering' } & IncomingCall)
  /** Our offer went out in the 200; the ACK brings the answer. */
  | { readonly name: 'awaitingAnswer' }
  | ({ readonly name: 'established' } & Talk)
  /** Our offer for a re-INVITE is being made. */
  | ({ readonly name: 'offeringChange'; readonly change: Change } & Talk)
  /** Our re-INVITE is on its way. */
  | ({ readonly name: 'changing'; readonly change: Change } & Talk)
  /** The peer's answer to an offer of ours within the dialog is being applied. */
  | ({ readonly name: 'applyingChange'; readonly change?: Change } & Talk)
  /** Our offer led to nothing and is being rolled back. */
  | ({ readonly name: 'reverting'; readonly change?: Change; readonly refusal: Refused } & Talk)
  /** The peer's re-INVITE came while ours waited after a 491: our offer is rolled back first. */
  | ({ readonly name: 'yielding'; readonly offer?: Sdp; readonly withdrawn: boolean } & Talk)
  /** The peer's re-INVITE: its offer is being answered. `withdrawn`: it was cancelled meanwhile. */
  | ({
      readonly name: 'answeringChange';
      readonly withdrawn: boolean;
      /** It came by the owner, who gets the answer. */
      readonly byHand?: true;
    } & Talk)
  /** The peer's re-INVITE has no offer: ours is being made. */
  | ({ readonly name: 'offeringAnswer'; readonly withdrawn: boolean } & Talk)
  /** Our offer went out in the 200 to a re-INVITE; the ACK brings the answer. */
  | ({ readonly name: 'awaitingChangeAnswer' } & Talk)
  /** The end is decided; `signalling`, `media`: what is still awaited. */
  | {
      readonly name: 'ending';
      readonly reason: EndReason;
      readonly signalling: boolean;
      readonly media: boolean;
      readonly stats?: MediaStats;
    }
  | { readonly name: 'ended'; readonly reason: EndReason; readonly stats?: MediaStats };

/** How an outgoing call gets its media. */
export interface CallPlan {
  /** Whether the owner brought an endpoint. */
  readonly given: boolean;
  /** An offer that this endpoint has already made. */
  readonly offer?: Sdp;
  /** No offer in the INVITE: the 200 brings one, the ACK our answer. */
  readonly late: boolean;
}

/** How an incoming call gets its media. */
export interface AnswerPlan {
  readonly given: boolean;
  /** The answer that the given endpoint has already made. */
  readonly sdp?: Sdp;
}

/** Why something was not done; becomes a `StrowgerError`. */
export interface Refused {
  readonly code: string;
  readonly message: string;
  /** What the peer answered. */
  readonly status?: number;
  /** Nobody refused: what was to be agreed did not get out. */
  readonly isUnsent?: boolean;
}

/** Everything that can happen to a session. */
export type SessionInput =
  // what the owner asks for
  | { readonly type: 'dial' }
  | { readonly type: 'prepare'; readonly plan: AnswerPlan }
  | { readonly type: 'ring'; readonly progress: Progress }
  | { readonly type: 'ringWithMedia'; readonly progress: Progress; readonly plan: AnswerPlan }
  | { readonly type: 'answer'; readonly plan: AnswerPlan }
  | { readonly type: 'reject'; readonly status: number; readonly reason: EndReason }
  | { readonly type: 'hangUp'; readonly why: PeerReason }
  | { readonly type: 'change'; readonly change: Change }
  /** A description of the peer that came another way than by its dialog. */
  | { readonly type: 'describe'; readonly sdp: Sdp }
  /** Both descriptions, which the owner has exchanged. */
  | { readonly type: 'negotiated'; readonly local: Sdp; readonly remote: Sdp }
  /** A REFER of either side is under way, or was settled. */
  | { readonly type: 'transferBegun' }
  | { readonly type: 'transferOver' }
  // what media tells
  | { readonly type: 'mediaOpened' }
  | { readonly type: 'offerReady'; readonly sdp: Sdp }
  | { readonly type: 'answerReady'; readonly sdp: Sdp; readonly direction: MediaDirection }
  | { readonly type: 'answerApplied'; readonly sdp: Sdp; readonly direction: MediaDirection }
  | { readonly type: 'rolledBack' }
  | ({ readonly type: 'mediaRefused' } & Refused)
  | ({ readonly type: 'mediaFailed' } & Refused)
  | { readonly type: 'mediaClosed'; readonly stats?: MediaStats }
  // what the peer does
  | { readonly type: 'provisional'; readonly status: number; readonly sdp?: Sdp }
  | { readonly type: 'accepted'; readonly sdp?: Sdp }
  | { readonly type: 'inviteOver'; readonly reason: EndReason }
  | { readonly type: 'cancelReceived'; readonly why: PeerReason }
  | { readonly type: 'ackReceived'; readonly sdp?: Sdp }
  | { readonly type: 'byeReceived'; readonly why: PeerReason }
  | { readonly type: 'dialogEnded'; readonly reason: EndReason }
  | { readonly type: 'changeAccepted'; readonly sdp?: Sdp }
  | ({ readonly type: 'changeRefused' } & Refused)
  | { readonly type: 'changeOffered'; readonly sdp?: Sdp }
  | { readonly type: 'changeWithdrawn' }
  // time
  | { readonly type: 'ringTimeout' };

/** What the session's shell carries out. */
export type SessionOutput =
  | { readonly type: 'openMedia' }
  /** The next offer is made by the endpoint that was brought for this change. */
  | { readonly type: 'moveMedia'; readonly change: Change }
  | {
      readonly type: 'createOffer';
      readonly direction: MediaDirection;
      readonly iceRestart?: true;
      readonly codecs?: readonly string[];
    }
  | { readonly type: 'acceptOffer'; readonly offer: Sdp; readonly direction: MediaDirection }
  | { readonly type: 'acceptAnswer'; readonly answer: Sdp }
  | { readonly type: 'adoptMedia'; readonly local: Sdp; readonly remote: Sdp }
  | { readonly type: 'rollback' }
  | { readonly type: 'closeMedia' }
  | { readonly type: 'invite'; readonly offer?: Sdp }
  | { readonly type: 'cancel'; readonly why: PeerReason }
  | { readonly type: 'ack'; readonly answer?: Sdp }
  | { readonly type: 'sendProgress'; readonly progress: Progress; readonly sdp?: Sdp }
  | { readonly type: 'accept'; readonly sdp: Sdp }
  | { readonly type: 'refuse'; readonly status: number }
  | { readonly type: 'bye'; readonly why: PeerReason }
  /** `byUpdate`: only where the table was told that the peer takes it. */
  | { readonly type: 'reinvite'; readonly offer: Sdp; readonly byUpdate?: true }
  /** Takes our re-INVITE back, which waits to be repeated. */
  | { readonly type: 'withdraw' }
  | { readonly type: 'acceptChange'; readonly sdp: Sdp }
  | { readonly type: 'refuseChange'; readonly status: number }
  /** Our description for an incoming call is ready, or could not be made. */
  | { readonly type: 'prepared'; readonly refusal?: Refused }
  /** What became of a description that the owner had. */
  | { readonly type: 'described'; readonly outcome: Sdp | Refused }
  | { readonly type: 'changed'; readonly change: Change; readonly refusal?: Refused };
