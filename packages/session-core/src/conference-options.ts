import type { IncomingSubscribe } from '@strowger/dialog-core';
import type { Uri } from '@strowger/sip-message';
import type { MediaWishes } from './call-options.ts';
import type { Conference } from './conference.ts';
import type { ConferenceSeat } from './conference-table.ts';
import type { FinishedRecording, MediaCapabilities } from './media-capabilities.ts';
import type { SessionId } from './session-state.ts';

/** Names a conference of one manager. */
export type ConferenceId = string & { readonly __conferenceId: unique symbol };

/** When a conference is over by itself. */
export type ConferenceEnding =
  /** When the last has left. */
  | 'empty'
  /** When but one is left of several. */
  | 'alone'
  /** When the last moderator has left; and when it is empty. */
  | 'moderator'
  /** By `end` alone. */
  | 'explicit';

/** Why a conference is over: it was `asked` for, or by its policy. */
export type ConferenceEnd = 'asked' | 'empty' | 'alone' | 'moderatorLeft';

/** What a conference was. */
export interface EndedConference {
  readonly reason: ConferenceEnd;
  /** What was being recorded at the end, or why it could not be completed. */
  readonly recording?: FinishedRecording | { readonly code: string; readonly message: string };
}

/** What a conference is made with. */
export interface ConferenceOptions {
  /** Its address: what its subscribers are told, and by its user part the focus's Contact. */
  readonly uri?: Uri | undefined;
  /** What it is called, for people. */
  readonly subject?: string | undefined;
  /** Members and those who wait, 1 to 1000; default: the manager's `conferenceMembers`, 200. */
  readonly maximum?: number | undefined;
  /** Default `empty`. */
  readonly ends?: ConferenceEnding | undefined;
  /** What becomes of who is in it at its end; `release`: its session goes on. Default `hangUp`. */
  readonly atEnd?: 'hangUp' | 'release' | undefined;
  /** So many of the loudest are heard; default 0: all. */
  readonly loudest?: number | undefined;
  /** Whether a short tone says that someone joined or left; default not. */
  readonly tones?: boolean | undefined;
}

/** How a member hears and is heard. */
export interface ConferenceMemberSettings {
  /** A listener is not heard; a moderator is heard, and the policy `moderator` looks for one. */
  readonly role: 'speaker' | 'listener' | 'moderator';
  readonly muted: boolean;
  /** Hears nothing. */
  readonly deaf: boolean;
  /** How loud all others hear this member: 0 to 8 times. */
  readonly gain: number;
  /** How loud this member hears others, 0 to 8 times; whoever is absent: once. */
  readonly hears: readonly { readonly member: SessionId; readonly gain: number }[];
  /** Those alone hear this member: a coach. `null`: all do. */
  readonly whispersTo: readonly SessionId[] | null;
}

/** How a session comes in; what is absent: a speaker whom all hear. */
export interface JoinOptions extends Partial<ConferenceMemberSettings> {
  /** Whether it waits, with media of its own, until `admit`: for a PIN, or a moderator. */
  readonly waits?: boolean | undefined;
  /** Which ways of sending digits its media listens to; by default what the session was given. */
  readonly digits?: MediaWishes['digits'];
}

/** A member as it is now. */
export interface ConferenceMemberState extends ConferenceMemberSettings {
  readonly sessionId: SessionId;
  readonly stage: ConferenceSeat['stage'];
  /** One of the two holds: it is not heard until that is over. */
  readonly held: boolean;
}

/** Somebody who takes part in a conference without a call: a program, or who sits before it. */
export interface ConferencePart {
  /** What it hears, and says. */
  readonly media: MediaCapabilities;
  /** Idempotent. */
  leave(): Promise<void>;
}

/** How the members of a conference sound. */
export interface ConferenceStatistics {
  readonly members: number;
  /** Of the mix, in Hz: the highest that two members have. */
  readonly sampleRate: number;
  /** Who speaks, the loudest first. */
  readonly speaking: readonly SessionId[];
  /** The longest that mixing one frame ever took. */
  readonly slowestMixMs: number;
}

/** What a manager does for those who want to know who is in a conference (RFC 4575). */
export interface ConferencePackageOptions {
  /**
   * Who may subscribe from outside: 403 without this method, and where it says no. Members may in
   * their own dialogs.
   */
  mayWatch?(subscribe: IncomingSubscribe, conference: Conference): boolean | Promise<boolean>;
}
