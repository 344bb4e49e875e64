/** What a program is told of a call. */
export interface CallFacts {
  /** Of this gateway; as Twilio's and AudioSocket's identifiers are made of it: 32 hexadecimal digits. */
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  /** URIs. */
  readonly from: string;
  readonly to: string;
  /** From the configuration, or of whoever had the call placed. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What a program has done wrong, or what has become of it. */
export type FaultCode =
  /** It sent something that the protocol does not know. */
  | 'badMessage'
  /** More audio, or more marks, than may wait to be heard. */
  | 'tooMuchAudio'
  | 'tooManyMarks'
  /** Nothing came from it, or went to it, for too long. */
  | 'silent'
  /** The connection broke. */
  | 'lost'
  /** It says that it failed. */
  | 'programError';

/** Why a program talks no longer. */
export type LinkEnd =
  /** It said so, or closed the connection as one does. */
  { kind: 'programDone' } | { kind: 'fault'; code: FaultCode; detail: string };

/** What a program asks for. */
export interface LinkUser {
  /** To be said behind what waits. */
  onAudio(samples: Int16Array, sampleRate: number): void;
  /** To be told when everything up to here was said. */
  onMark(name: string): void;
  /** Silence, now. */
  onClear(): void;
  /** Digits `0-9*#A-D` for the other side. */
  onDigits(digits: string): void;
  /** It is over; told once. */
  onEnd(end: LinkEnd): void;
}

/** A connection to a program that is ready for a call, in whichever protocol. */
export interface ProgramLink {
  /** In Hz, of `hear`. */
  readonly sampleRate: number;
  /** Whether it wants to be told what was said, by `said`. */
  readonly wantsSaid: boolean;
  /** Resolves when the program is over by itself, also before `start`. */
  readonly gone: Promise<LinkEnd>;
  /** The call is answered: what comes from the program goes to `user` from now on. */
  start(user: LinkUser): void;
  /** What the other side says; `timestampMs` since the start. */
  hear(samples: Int16Array, timestampMs: number): void;
  /** What has left for the other side, at 8000 Hz; `timestampMs` since the start. */
  said(samples: Int16Array, timestampMs: number): void;
  digit(digit: string, durationMs: number): void;
  speech(event: { type: 'started'; agoMs: number } | { type: 'ended'; durationMs: number }): void;
  /** A mark of the program was reached, or will not be. */
  mark(name: string, reached: boolean): void;
  /** The call is over, or never came about: the program is told, and let go. */
  stop(reason: string): void;
}

/** Connects to the program for one call; rejects with `ProgramDown`, soon when `signal` aborts. */
export type LinkOpener = (facts: CallFacts, signal: AbortSignal) => Promise<ProgramLink>;

/** The program cannot be had. */
export class ProgramDown extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'ProgramDown';
  }
}

/** How much may wait, and how long. */
export interface LinkLimits {
  /** Audio and messages to the program that it has not taken: audio beyond is dropped. */
  readonly toProgramBytes: number;
  /** Of one message of the program, and of all that come before the call is answered. */
  readonly messageBytes: number;
  readonly connectMs: number;
  /** How long a program may be dead before its call is ended. */
  readonly idleMs: number;
}
