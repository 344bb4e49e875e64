import type { RelayId } from './bridge.ts';
import type { ConferenceId, ConferenceMemberSettings } from './conference-options.ts';
import type { ConferenceLeaveReason } from './conference-table.ts';
import type { EndReason } from './end-reason.ts';
import type { MediaStats } from './media-backend.ts';
import type { HeardTone } from './media-capabilities.ts';
import type { QualityLevel, QualityMetrics } from './quality-metrics.ts';
import type { TransferOutcome } from './transfer-options.ts';
import type { SessionId, SessionMediaState, SessionState } from './session-state.ts';

/** What every event says: plain data, in the order of `seq`. */
export interface EventHead {
  /** Counts the events of one manager from 1. */
  readonly seq: number;
  /** Wall time in milliseconds since 1970. */
  readonly at: number;
  readonly sessionId: SessionId;
  /** The Call-ID of the session's dialog. */
  readonly callId: string;
}

/**
 * The application's own events by name, for it to declare: with that `session.publish` is checked, and
 * whoever listens to `custom` knows by `name` what `data` is.
 * `declare module '@strowger/session-core' { interface ApplicationEvents { queued: { place: number } } }`
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled by the application
export interface ApplicationEvents {}

/** The names of the application's events: any, until it declares some. */
export type ApplicationEventName = [keyof ApplicationEvents] extends [never]
  ? string
  : keyof ApplicationEvents;

/** What one of them says. */
export type ApplicationEventData<N extends ApplicationEventName> = N extends keyof ApplicationEvents
  ? ApplicationEvents[N]
  : unknown;

/** An event of the application's own: with its events declared, a union that `name` tells apart. */
export type ApplicationEvent = [keyof ApplicationEvents] extends [never]
  ? { readonly name: string; readonly data: unknown }
  : {
      [N in keyof ApplicationEvents]: { readonly name: N; readonly data: ApplicationEvents[N] };
    }[keyof ApplicationEvents];

/**
 * Something that whoever guards this machine wants to know. `authenticationFailed`, `replay`, `lockedOut`,
 * `bypassed`: a proof failed, was used before, or there were too many; or authentication is switched off.
 * `mediaDowngraded`: media goes in the clear, or by weaker keys, though more was wished or was there
 * before. `mediaNotEncrypted`: it would have gone in the clear, which is not allowed, and does not go at
 * all. `mediaKeysFailed`: the handshake for its keys failed, so that whoever is there is not whom the
 * description names. `mediaReplayed`, `mediaForged`: many packets that are not the peer's came where media is
 * encrypted, most of them repeated, or not; none was heard. `insecureHop`: a message of a `sips:` call
 * had to go over an insecure hop and did not go, or came over one.
 */
export interface SecurityEvent {
  readonly what:
    | 'authenticationFailed'
    | 'replay'
    | 'lockedOut'
    | 'bypassed'
    | 'mediaDowngraded'
    | 'mediaNotEncrypted'
    | 'mediaKeysFailed'
    | 'mediaReplayed'
    | 'mediaForged'
    | 'insecureHop';
  readonly severity: 'warning' | 'critical';
  /** In a word, where there is more to say. */
  readonly detail?: string;
}

/** What each event says besides its head. */
export interface SessionEventDetails {
  /** A session exists; told first. */
  created: {
    readonly direction: 'incoming' | 'outgoing';
    readonly remote: string;
    /** It goes on for a process that is gone (`SessionManager.restore`). */
    readonly restored?: true;
  };
  stateChanged: { readonly from: SessionState; readonly to: SessionState };
  mediaStateChanged: { readonly from: SessionMediaState; readonly to: SessionMediaState };
  /** A provisional response to our INVITE. */
  progress: { readonly status: number; readonly reason: string; readonly withMedia: boolean };
  /** The callee is somewhere else: our INVITE goes from one to the other (`followRedirects`). */
  redirected: { readonly status: number; readonly from: string; readonly to: string };
  /** A digit of the peer, once whichever ways it came: RTP event (RFC 4733), tone, INFO. */
  digit: {
    readonly digit: string;
    readonly durationMs: number;
    readonly source: 'rtp' | 'inband' | 'info';
  };
  /** The first packet of the peer. */
  mediaStarted: { readonly address: string; readonly port: number };
  /** The peer has begun to speak, `agoMs` before this; told where `speech` was asked for. */
  speechStarted: { readonly agoMs: number };
  speechEnded: { readonly durationMs: number; readonly silentMs: number };
  /** The peer has not spoken for so long; of `deadAir`: nor have we. Told once per silence. */
  silence: { readonly silentMs: number };
  deadAir: { readonly silentMs: number };
  /** The network says something by a tone, or a machine waits for a message (`beep`). */
  tone: { readonly name: HeardTone | 'beep' };
  /** No packet came for this long though the peer may send; `initial` where nothing ever came. */
  mediaSilent: { readonly silentMs: number; readonly initial: boolean };
  /** How the peer was heard in the last second, where the backend was told to say so. */
  quality: { readonly metrics: QualityMetrics };
  /** The peer is heard better or worse than before, for several seconds in a row. */
  qualityChanged: {
    readonly from: QualityLevel;
    readonly to: QualityLevel;
    readonly metrics: QualityMetrics;
  };
  /** We speak another codec from now on, as either side wished: encoding names. */
  codecChanged: { readonly from: string; readonly to: string };
  /** The peer hears silence of us from now on, or what we say again (`mute`, `unmute`). */
  muteChanged: { readonly muted: boolean };
  /** Media of an answered call failed, died with its process, or has to move with us: it is offered anew. */
  mediaRecovering: { readonly code: string; readonly retriesLeft: number };
  /** It is there again, and the peer agreed, after so many tries since it was last good for a minute. */
  mediaRecovered: { readonly tries: number };
  /** Media is encrypted from now on, or by other keys: in the description, or by DTLS. */
  mediaSecured: { readonly keying: 'sdes' | 'dtls'; readonly suite: string };
  mediaFailed: { readonly code: string; readonly message: string };
  /** The peer changes the session by re-INVITE; its offer is being answered. */
  changeOffered: { readonly withOffer: boolean };
  /** The peer asks us to contact somebody (RFC 3515); the hook `onRefer` decides. */
  referred: {
    readonly target: string;
    /** Whether the new call shall replace another one: an attended transfer. */
    readonly attended: boolean;
    readonly referredBy?: string;
  };
  /** A REFER of the peer was accepted: this session of ours calls whom it named. */
  referAccepted: { readonly replacement: SessionId };
  /** A step of a transfer that this session is in, on either side of the REFER. */
  transferProgress: { readonly status: number };
  /** The outcome of a transfer that this session is in, on either side of the REFER. */
  transferEnded: { readonly outcome: TransferOutcome };
  /** Another session has taken this one's place (RFC 3891); this one ends. */
  replaced: { readonly by: SessionId };
  /** Media of this session and of another one flow through each other from now on. */
  relayEstablished: { readonly relayId: RelayId; readonly other: SessionId };
  /** No longer: they were parted, or both have ended. */
  relayTerminated: { readonly relayId: RelayId; readonly reason: 'parted' | 'ended' };
  /** The session is in a conference from now on, which has so many members. */
  conferenceJoined: {
    readonly conferenceId: ConferenceId;
    readonly role: ConferenceMemberSettings['role'];
    readonly members: number;
  };
  /** It waits for being let in: for a PIN, or a moderator. */
  conferenceWaiting: { readonly conferenceId: ConferenceId };
  /** How it hears and is heard has changed; while `held` it is not heard. */
  conferenceChanged: { readonly conferenceId: ConferenceId; readonly held: boolean } & Pick<
    ConferenceMemberSettings,
    'role' | 'muted' | 'deaf'
  >;
  /** It is in the conference no longer, which has so many members left. */
  conferenceLeft: {
    readonly conferenceId: ConferenceId;
    readonly reason: ConferenceLeaveReason;
    readonly members: number;
  };
  /** The end; told last, but for `relayTerminated`. Times as `at`. */
  terminated: {
    readonly reason: EndReason;
    readonly createdAt: number;
    readonly answeredAt?: number;
    /** The final statistics, where there was media. */
    readonly stats?: MediaStats;
  };
  /** Something for whoever guards this machine; `source` is the address of the peer's last hop. */
  security: SecurityEvent & { readonly source: string };
  /** The application's own, by `session.publish`. */
  custom: ApplicationEvent;
}

/** The events of sessions by their `type`. */
export type SessionEvents = {
  [T in keyof SessionEventDetails]: { readonly type: T } & EventHead & SessionEventDetails[T];
};

/** Any event of a session. */
export type SessionEvent = SessionEvents[keyof SessionEvents];
