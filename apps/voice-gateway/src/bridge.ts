import type { Clock, Logger } from '@strowger/runtime';
import type { PcmFrame } from '@strowger/session-core';
import type { Call } from '@strowger/sip-client';
import type { FaultCode, LinkEnd, LinkUser, ProgramLink } from './program-link.ts';

/** Marks that may wait to be reached. */
const WAITING_MARKS = 1000;
/** Audio of which a program is told when it has left. */
const SAID_SAMPLES = 160;

/** Why a bridge is over: for the program, or because the call is. */
export type BridgeEnd = LinkEnd | { kind: 'callEnded' };

/** What a bridge is made of. */
export interface BridgeOptions {
  readonly call: Call;
  readonly link: ProgramLink;
  /** Audio of the program that may wait to be heard, as 16-bit PCM. */
  readonly toCallerBytes: number;
  /** Whether speech of the other side clears what the program has said, unasked. */
  readonly clearsOnSpeech: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The audio of the media that a call has; of other media once that was replaced. */
interface Line {
  readonly media: unknown;
  readonly reader: ReadableStreamDefaultReader<PcmFrame>;
  readonly writer: WritableStreamDefaultWriter<PcmFrame>;
}

/** An answered call and a program that hear each other. */
export class Bridge implements LinkUser {
  private readonly options: BridgeOptions;
  private readonly startedAt: number;
  private line: Line;
  private readonly over: Promise<BridgeEnd>;
  private end: (end: BridgeEnd) => void = () => {};
  private isOver = false;
  private waitingBytes = 0;
  private waitingMarks = 0;
  /** Until when was said what has left; what is said now follows it, unless there was a pause. */
  private saidMs = 0;
  /** Blocks that have not left, and whether one of them never will. */
  private unsaid = 0;
  private isCut = false;

  /** Throws `NO_MEDIA` where the call has none: it is to be answered. */
  constructor(options: BridgeOptions) {
    this.options = options;
    this.startedAt = options.clock.now();
    this.line = this.openLine();
    this.over = new Promise((resolve) => (this.end = resolve));
  }

  /** Resolves when one of them is done; the program has been told then. The call may go on. */
  async run(): Promise<BridgeEnd> {
    const { call, link } = this.options;
    const stopTelling = this.tell();
    link.start(this);
    void this.hear(this.line, 0);
    void call.ended.then(() => this.end({ kind: 'callEnded' }));
    const end = await this.over;
    this.isOver = true;
    for (const stop of stopTelling) stop();
    link.stop(end.kind);
    await this.letGo();
    return end;
  }

  onAudio(samples: Int16Array, sampleRate: number): void {
    if (this.isOver || samples.length === 0) return;
    const { toCallerBytes, link } = this.options;
    if (this.waitingBytes + samples.byteLength > toCallerBytes) {
      return this.fault('tooMuchAudio', `more than ${toCallerBytes} bytes wait to be heard`);
    }
    this.followMedia();
    if (!link.wantsSaid) return this.say(samples, sampleRate);
    for (let at = 0; at < samples.length; at += SAID_SAMPLES) {
      this.sayAndTell(samples.subarray(at, at + SAID_SAMPLES), sampleRate);
    }
  }

  onMark(name: string): void {
    if (this.isOver) return;
    const { call, link } = this.options;
    if (this.waitingMarks >= WAITING_MARKS) {
      return this.fault('tooManyMarks', `${WAITING_MARKS} marks wait to be reached`);
    }
    this.waitingMarks++;
    const outcome = ({ reached }: { reached: boolean }): void => {
      this.waitingMarks--;
      if (!this.isOver) link.mark(name, reached);
    };
    // media refuses one where too many wait, as those of what is said do, or while it is had anew
    call.mark(name).then(outcome, () => outcome({ reached: false }));
  }

  onClear(): void {
    if (!this.isOver) this.options.call.clear().catch(() => {}); // it fails only with the call
  }

  onDigits(digits: string): void {
    const { call, logger } = this.options;
    if (this.isOver) return;
    call.sendDigits(digits).catch((error: unknown) => {
      if (!this.isOver) logger.warn({ err: error, call: call.id }, 'digits were not sent');
    });
  }

  onEnd(end: LinkEnd): void {
    this.end(end);
  }

  /** What waits is not said any more; all of it fails where the call has ended, and need not be. */
  private async letGo(): Promise<void> {
    const { call } = this.options;
    const { reader, writer } = this.line;
    await call.clear().catch(() => {}); // a long write ends with it
    await writer.abort().catch(() => {});
    await reader.cancel().catch(() => {});
  }

  private fault(code: FaultCode, detail: string): void {
    this.end({ kind: 'fault', code, detail });
  }

  /** A mark and a clear count what was written before them: nothing is held back here. */
  private say(samples: Int16Array, sampleRate: number): void {
    const bytes = samples.byteLength;
    this.waitingBytes += bytes;
    const said = (): void => void (this.waitingBytes -= bytes);
    this.line.writer.write({ samples, sampleRate, timestamp: 0 }).then(said, said);
  }

  private sayAndTell(samples: Int16Array, sampleRate: number): void {
    const { call, link } = this.options;
    this.say(samples, sampleRate);
    const followsPause = this.unsaid++ === 0;
    const cut = (): void => {
      this.unsaid--;
      this.isCut = true;
    };
    const outcome = ({ reached }: { reached: boolean }): void => {
      if (!reached || this.isOver) return cut();
      this.unsaid--;
      const lastsMs = (samples.length * 1000) / sampleRate;
      if (followsPause || this.isCut) {
        const beganMs = this.options.clock.now() - this.startedAt - lastsMs;
        this.saidMs = Math.max(this.saidMs, beganMs);
        this.isCut = false;
      }
      link.said(samples, this.saidMs);
      this.saidMs += lastsMs;
    };
    call.mark('said').then(outcome, cut);
  }

  private openLine(): Line {
    const { call, link } = this.options;
    const reader = call.audioIn({ sampleRate: link.sampleRate }).getReader();
    const writer = call.audioOut().getWriter();
    writer.closed.catch(() => {}); // it breaks when the call, or its media, ends
    return { media: call.session.media, reader, writer };
  }

  /** Media that failed, and was had anew, has other streams: the program talks on in those. */
  private followMedia(): void {
    const { call, logger, clock } = this.options;
    const { media } = call.session;
    if (this.isOver || media === undefined || media === this.line.media) return;
    try {
      this.line = this.openLine();
    } catch (error) {
      logger.warn({ err: error, call: call.id }, 'media is gone again');
      return;
    }
    void this.hear(this.line, clock.now() - this.startedAt);
  }

  /** Passes on what this line hears, whose timestamps count from `sinceMs` after the start. */
  private async hear({ reader }: Line, sinceMs: number): Promise<void> {
    const { link, logger } = this.options;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.isOver) return;
        link.hear(value.samples, sinceMs + (value.timestamp * 1000) / value.sampleRate);
      }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (!this.isOver) logger.warn({ err: error }, `nothing is heard: ${detail}`);
    }
  }

  /** Digits and speech go to the program, and it to the media there is; returns how to stop. */
  private tell(): (() => void)[] {
    const { call, link, clearsOnSpeech } = this.options;
    const { session } = call;
    return [
      session.on('mediaStarted', () => this.followMedia()),
      session.on('digit', ({ digit, durationMs }) => link.digit(digit, durationMs)),
      session.on('speechStarted', ({ agoMs }) => {
        if (clearsOnSpeech) this.onClear();
        link.speech({ type: 'started', agoMs });
      }),
      session.on('speechEnded', ({ durationMs }) => link.speech({ type: 'ended', durationMs })),
    ];
  }
}
