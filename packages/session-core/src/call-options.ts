import type { HeaderFields, InviteOptions } from '@strowger/dialog-core';
import type { BodyPart, BodyPartInit, NameAddr, Uri } from '@strowger/sip-message';
import type { Hop, TransportName } from '@strowger/transaction-core';
import type { Session } from './session.ts';
import type { RedirectPolicy } from './redirections.ts';
import type { EndpointRequest, MediaEndpoint, Sdp } from './media-backend.ts';
import type { AudioSource, DigitOptions } from './media-capabilities.ts';

/** What a session asks of the endpoint that it opens; default: the backend's. */
export type MediaWishes = Pick<
  EndpointRequest,
  'codecs' | 'comfortNoise' | 'digits' | 'keying' | 'speech' | 'srtp' | 'tones'
>;

/** How a session sends digits. */
export interface SessionDigitOptions extends Omit<DigitOptions, 'via'> {
  /**
   * By INFO (`application/dtmf-relay`), or by media: as events (RFC 4733), as tones in the audio, or
   * by default as what the other side takes.
   */
  readonly via?: DigitOptions['via'] | 'info';
  /** The body of an INFO; default `dtmf-relay`. */
  readonly infoType?: 'dtmf-relay' | 'dtmf';
}

/** How the other side is put on hold, and taken back. */
export interface HoldOptions {
  /** Heard there for as long as it is held, again and again. Default: silence. */
  readonly music?: AudioSource | undefined;
  /**
   * By re-INVITE, the default, which RFC 3311 §5.1 recommends where somebody may be asked; or by
   * UPDATE, which takes one message less, where the peer says that it takes that.
   */
  readonly via?: 'reinvite' | 'update' | undefined;
}

/** How to place a call. */
export interface CallOptions {
  readonly to: Uri | NameAddr;
  readonly from: NameAddr;
  /** By default the URI of `to`. */
  readonly requestUri?: Uri | undefined;
  readonly route?: InviteOptions['route'];
  readonly credentials?: InviteOptions['credentials'];
  readonly headers?: HeaderFields | undefined;
  /** Encoding names in order of preference; default: the backend's. */
  readonly codecs?: readonly string[] | undefined;
  /** Which ways of sending digits media listens to; INFO is always taken. */
  readonly digits?: MediaWishes['digits'] | undefined;
  /** Whether silence is told instead of sent, where the other side can, too (RFC 3389). */
  readonly comfortNoise?: boolean | undefined;
  /** Tells when the peer speaks and when it is silent. */
  readonly speech?: MediaWishes['speech'] | undefined;
  /** Tells what the network says by tones: ring back, busy, special information. */
  readonly tones?: MediaWishes['tones'] | undefined;
  /**
   * Whether media is encrypted; see `EndpointRequest.srtp`. Default: the manager's. With `required` a
   * call whose media is not ends with `mediaFailed` and `MEDIA_NOT_ENCRYPTED`.
   */
  readonly srtp?: MediaWishes['srtp'] | undefined;
  /** How keys come about, preferred first. Default: the manager's. */
  readonly keying?: MediaWishes['keying'] | undefined;
  /** Aborting it hangs up: CANCEL before the answer, BYE after it. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up with CANCEL when nobody has answered, in milliseconds from the INVITE. */
  readonly ringTimeoutMs?: number | undefined;
  /** Bring your own: a relay's end. The session never closes it; its events go to `takeMediaEvent`. */
  readonly endpoint?: MediaEndpoint | undefined;
  /**
   * An offer that `endpoint` has already made, when several calls share it: the first answer wins. Without
   * `endpoint` the application has made it, and brings the media once answered (`setupMediaForDialog`).
   */
  readonly offer?: Sdp | undefined;
  /** No offer in the INVITE: the 200 brings one and the ACK takes our answer. */
  readonly lateOffer?: boolean | undefined;
  /**
   * The transport to the next hop; default: what the URIs, and DNS, say (RFC 3263). With a `sips:` address
   * it is `tls` or `wss`, here and at every hop behind: such a call never goes over less, and ends with
   * `transportFailed` and `INSECURE_HOP` where it would have to. `session.transport` says what it is.
   */
  readonly transport?: TransportName | undefined;
  /** Where to send the INVITE without a look-up. */
  readonly hops?: readonly Hop[] | undefined;
  /**
   * Whether the contacts of a 3xx are called instead (RFC 3261 §8.1.3.4), told as `redirected`. Else,
   * by default, they are handed up: `contacts` of the `EndReason`.
   */
  readonly followRedirects?: boolean | RedirectPolicy | undefined;
  /** Header parameters of our Contact: feature tags (RFC 3840) such as `';+sip.src'`. */
  readonly contactParams?: string | undefined;
  /**
   * What each offer of ours is accompanied by, asked for anew each time: the INVITE, a re-INVITE and
   * an UPDATE become `multipart/mixed` (RFC 5621) of the description and these parts.
   */
  readonly bodyParts?: (() => readonly BodyPartInit[]) | undefined;
  /** What else than descriptions the peer may send in re-INVITEs and UPDATEs, and who is told. */
  readonly takenBodies?: TakenBodies | undefined;
  /** For whose peer it is placed: see `Session.speakFor`. */
  readonly onBehalfOf?: Session | undefined;
  /** By default a random one. */
  readonly callId?: string | undefined;
}

/** Bodies beside session descriptions, or parts of a body (RFC 5621), that somebody understands. */
export interface TakenBodies {
  /** In lower case: `application/x`. */
  readonly types: readonly string[];
  /** Told of each that came, once its request is taken. */
  onBody(part: BodyPart): void;
}

/** How to answer a call, or prepare to. */
export interface AnswerOptions {
  readonly codecs?: readonly string[] | undefined;
  /** Which ways of sending digits media listens to; INFO is always taken. */
  readonly digits?: MediaWishes['digits'] | undefined;
  /** Whether silence is told instead of sent, where the other side can, too (RFC 3389). */
  readonly comfortNoise?: boolean | undefined;
  /** Tells when the peer speaks and when it is silent. */
  readonly speech?: MediaWishes['speech'] | undefined;
  /** Tells what the network says by tones: ring back, busy, special information. */
  readonly tones?: MediaWishes['tones'] | undefined;
  /**
   * Whether media is encrypted; see `EndpointRequest.srtp`. Default: the manager's. With `required` a
   * call whose media is not ends with `mediaFailed` and `MEDIA_NOT_ENCRYPTED`.
   */
  readonly srtp?: MediaWishes['srtp'] | undefined;
  /** How keys come about, preferred first. Default: the manager's. */
  readonly keying?: MediaWishes['keying'] | undefined;
  /** Bring your own: a relay's end. The session never closes it. */
  readonly endpoint?: MediaEndpoint | undefined;
  /**
   * The answer that `endpoint` has already made to `session.offer`. Without `endpoint` the application has
   * made it, and brings the media once answered (`setupMediaForDialog`).
   */
  readonly sdp?: Sdp | undefined;
  /** For the 200. */
  readonly headers?: HeaderFields | undefined;
}

/** How to tell the caller how it goes. */
export interface ProgressOptions extends AnswerOptions {
  /** With our answer: early media. */
  readonly withMedia?: boolean | undefined;
  /**
   * Whether it is sent reliably, where the caller supports that (RFC 3262). By default with media
   * only; where the caller requires it, always.
   */
  readonly reliable?: boolean | undefined;
}

/** @internal What of it concerns the endpoint. */
export function wishesOf({
  codecs,
  comfortNoise,
  digits,
  keying,
  speech,
  srtp,
  tones,
}: Pick<AnswerOptions, keyof MediaWishes>): MediaWishes {
  return {
    ...(codecs && { codecs }),
    ...(comfortNoise !== undefined && { comfortNoise }),
    ...(digits && { digits }),
    ...(keying && { keying }),
    ...(srtp && { srtp }),
    ...(speech && { speech }),
    ...(tones && { tones }),
  };
}
