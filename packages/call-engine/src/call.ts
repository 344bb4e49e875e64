import type { ReferProgress } from '@strowger/dialog-core';
import { ForwardedMedia } from './forwarded-media.ts';
import { Machine, StrowgerError, type Timer } from '@strowger/runtime';
import type {
  Forwarding,
  MediaEndpointEvent,
  RecordFormat,
  Recording,
  RecordTarget,
  Session,
} from '@strowger/session-core';
import type { CallContext, CallInit } from './call-context.ts';
import { CallMedia } from './call-media.ts';
import type { CallRecord } from './call-record.ts';
import { CallRecording, type RecordedSide } from './call-recording.ts';
import {
  type CallEnding,
  type CallInput,
  type CallOutput,
  type CallState,
  callTable,
  type Side,
} from './call-table.ts';
import { type CallParties, CallTimeline } from './call-timeline.ts';
import { RecordingControl } from './recording-control.ts';
import type { CallRoute, CallRoutes } from './call-routes.ts';
import { CallSides, type Left } from './call-sides.ts';
import { CallTransfers, type TransferTarget } from './call-transfers.ts';
import type { CallerLeg } from './caller-leg.ts';
import { DigitConversion, digitsBetween } from './digit-conversion.ts';
import {
  type ContactLeg,
  type ContactLegs,
  type ContactLegUser,
  isBehindWebSocket,
} from './contact-leg.ts';
import { inTime } from './in-time.ts';
import { recordLegs, transcodedIn } from './record-legs.ts';
import { calleeOf, type Destination, userAt } from './router.ts';
import { serve } from './service.ts';

/**
 * A call: the caller's session and those with the callee's contacts, or with a service. The call
 * table decides; this carries it out.
 */
export class Call {
  readonly id: string;
  readonly parties: CallParties;
  /** Resolves with the record, once that is written. Never rejects. */
  readonly ended: Promise<CallRecord>;
  private readonly context: CallContext;
  private readonly sides: CallSides;
  private readonly transfers: CallTransfers;
  private readonly digits: DigitConversion;
  private readonly contacts: ContactLegs;
  private readonly recording: CallRecording;
  private readonly recordingControl: RecordingControl;
  private readonly timeline: CallTimeline;
  private readonly machine: Machine<CallState, CallInput, CallOutput>;
  /** Made where somebody wants to hear of the end: an application that serves the call. */
  private over: AbortController | undefined = undefined;
  private readonly routes: CallRoutes;
  /** Where the call went first, and where it is now. */
  private called: Destination | undefined;
  private route: CallRoute | undefined;
  private media: CallMedia | undefined;
  /** What the caller was described, where the call goes on to somebody else. */
  private readonly forwarded = new ForwardedMedia();
  private timer: Timer | undefined;
  /** When who gave the other side away has heard that it worked. */
  private told: Promise<void> | undefined;
  private resolveEnded: (record: CallRecord) => void = () => {};

  /** @internal Calls are made by the engine. */
  constructor(context: CallContext, { id, parties, caller, isUser, ...init }: CallInit) {
    this.id = id;
    this.parties = parties;
    this.context = context;
    this.sides = new CallSides(caller, isUser ? parties.caller : undefined);
    this.contacts = init.contacts;
    this.routes = init.routes;
    this.transfers = this.makeTransfers();
    this.recording = this.makeRecording();
    this.recordingControl = this.makeRecordingControl();
    this.digits = new DigitConversion({
      logger: context.runtime.logger,
      clock: context.runtime.clock,
      call: id,
      media: () => this.media,
      sessionOf: (side) => this.sessionOf(side),
      onDigit: (from, digit) => this.recordingControl.type(from, digit),
    });
    this.timeline = new CallTimeline(context.runtime.clock);
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.machine = new Machine({
      table: callTable,
      initial: { name: 'routing' },
      context: undefined,
      perform: (output) => this.perform(output),
    });
  }

  /** Where the call stands. */
  get state(): CallState['name'] {
    return this.machine.state.name;
  }

  /** The sessions that the call groups, the caller's first. */
  get sessions(): readonly Session[] {
    return this.sides.sessions;
  }

  /** Ends the call, whatever it is at. @param reason a word for the record. */
  hangUp(reason = 'hungUp'): void {
    this.input({ type: 'stop', reason });
  }

  /**
   * Records what the two say, the caller on the left and the callee on the right, until `stop`, a
   * transfer or the end of the call; the record of the call says what became of it. Throws `CALL_STATE`
   * unless the call is connected between two parties; rejects as `MediaEndpoint.record`.
   */
  record(target: RecordTarget, format: RecordFormat = {}): Promise<Recording> {
    if (this.state === 'connected' && this.recordedSides().length > 1) {
      return this.recording.record(target, format);
    }
    throw new StrowgerError('CALL_STATE', `A call that is ${this.state} cannot be recorded`);
  }

  /** @internal Which side a session is of the two that talk; `undefined` for all others. */
  sideOf(session: Session): Side | undefined {
    return this.sides.sideOf(session, this.winner);
  }

  /** @internal The address of record of a side that is a user of ours. */
  userOf(side: Side): string | undefined {
    return this.sides.userOf(side, this.winner);
  }

  /** @internal The session of one of the two that talk. */
  sessionOf(side: Side): Session | undefined {
    return this.sides.sessionOf(side, this.winner);
  }

  /** @internal Whether one of the two that talk takes the media of browsers. */
  isBehindWebSocket(side: Side): boolean {
    return this.sides.isBehindWebSocket(side, this.winner);
  }

  /** @internal One side asks for the other to be connected to somebody else. */
  startTransfer(by: Side, target: TransferTarget, progress: ReferProgress): void {
    if (this.state !== 'connected') return progress.report(481);
    this.transfers.start(by, target, progress);
  }

  /** @internal This side talks to somebody of another call from now on; the other one is `told`. */
  giveAway(side: Side, told: Promise<void>): void {
    this.told = told;
    this.input({ type: 'taken', side });
  }

  /** @internal Sends the call on its way. */
  async start(): Promise<void> {
    const { caller } = this;
    caller.follow({
      onAnswered: () => this.input({ type: 'callerAnswered' }),
      onEnded: (ending) => {
        if (this.caller === caller) this.input({ type: 'callerEnded', ending });
      },
    });
    await this.routeBy(() => this.routes.first());
  }

  private async routeBy(find: () => Promise<CallRoute>): Promise<void> {
    try {
      this.route = await find();
    } catch (error) {
      this.report(error, 'a call could not be routed');
      return this.input({ type: 'broken', reason: 'routing' });
    }
    const { destination, forwards, hasMoved } = this.route;
    this.called ??= destination;
    if (destination.kind === 'refused') {
      const { status, reason } = destination;
      this.input({ type: 'refused', status, ...(reason && { reason }) });
    } else if (destination.kind === 'service') {
      this.input({ type: 'routedToService', hasMoved });
    } else {
      const { length: legs } = destination.bindings;
      const { length: first } = this.legs;
      this.input({ type: 'routedToContacts', legs, first, forwards, hasMoved });
    }
  }

  private makeRecording(): CallRecording {
    const { context, parties } = this;
    return new CallRecording({
      runtime: context.runtime,
      options: context.recording,
      sides: () => this.recordedSides(),
      call: (part) => {
        const [caller, callee] = this.recordedSides();
        return {
          id: this.id,
          caller: caller?.aor ?? parties.caller,
          callee: callee?.aor ?? parties.dialled,
          dialled: parties.dialled,
          startedAt: this.timeline.startedAt,
          part,
        };
      },
      startSession: (options) => context.startRecordingSession(options),
      onStarted: (what) => context.onRecordingStarted(this, what),
      onChanged: () => this.recordingControl.tell(),
      onFailed: (what, reason, isFatal) => {
        context.onRecordingFailed(this, what, reason);
        if (isFatal) this.input({ type: 'broken', reason: 'recordingFailed' });
      },
    });
  }

  private makeRecordingControl(): RecordingControl {
    const { runtime, recording } = this.context;
    return new RecordingControl({
      clock: runtime.clock,
      onDemand: recording?.onDemand,
      recording: this.recording,
      isConnected: () => this.state === 'connected',
      sessionOf: (side) => this.sessionOf(side),
      userOf: (side) => this.userOf(side),
    });
  }

  /** The two that talk over the relay of this call, the caller first. */
  private recordedSides(): readonly RecordedSide[] {
    const { media } = this;
    return (['caller', 'callee'] as const).flatMap((side) => {
      const session = this.sessionOf(side);
      if (media === undefined || session === undefined) return [];
      const { uri, displayName: name } = session.remote;
      return { session, aor: this.userOf(side) ?? uri.toString(), name, end: media.endOf(side) };
    });
  }

  private makeTransfers(): CallTransfers {
    const { id, context, contacts, sides } = this;
    const { runtime, relays, ringTimeoutMs, webSocketMedia, calleeMedia, digits } = context;
    return new CallTransfers({
      id,
      runtime,
      relays,
      ringTimeoutMs,
      webSocketMedia,
      calleeMedia,
      digits,
      onMediaEvent: (event, from) => this.mediaTold(event, from),
      telling: (side) => this.recordingControl.telling(side),
      contacts,
      sides,
      winner: () => this.winner,
      input: (input) => this.input(input),
      link: (session) => context.link(session, this),
    });
  }

  private get caller(): CallerLeg {
    return this.sides.caller;
  }

  private get legs(): ContactLeg[] {
    return this.sides.legs;
  }

  /** The number of the leg that answered. */
  private get winner(): number | undefined {
    const { state } = this.machine;
    return 'winner' in state ? state.winner : undefined;
  }

  private input(input: CallInput): void {
    this.machine.input(input);
  }

  private perform(output: CallOutput): void {
    switch (output.type) {
      case 'callLegs':
        return this.callContacts();
      case 'armRingTimer':
        return this.arm(this.route?.ringMs ?? this.context.ringTimeoutMs, { type: 'ringTimeout' });
      case 'disarmRingTimer':
        return this.timer?.cancel();
      case 'tellForwarded':
        return this.caller.tellForwarded();
      case 'forward':
        return void this.routeBy(() => this.routes.next(output.cause, output.contacts));
      case 'ring':
        return this.ring(output.leg, output.hasMedia);
      case 'answerCaller':
        return this.answerCaller(output.leg);
      case 'rejectCaller':
        return this.caller.reject(output.status, output.reason);
      case 'endLegs':
        return this.onceTold(() =>
          this.legs.forEach((leg, index) => {
            if (index !== output.except) leg.hangUp(output.why);
          }),
        );
      case 'endLeg':
        return this.legs[output.leg]?.hangUp(output.why);
      case 'endCaller':
        return this.onceTold(() => this.caller.hangUp(output.cause));
      case 'adopt':
        return this.adopt(output.by);
      case 'dropTransfer':
        return this.transfers.drop();
      case 'runService':
        return this.runService();
      case 'tellAnswered':
        return this.tellAnswered();
      case 'finish':
        return void this.finish(output.ending);
    }
    output satisfies never;
  }

  /** Who asked for a transfer hears its outcome before it is hung up. */
  private onceTold(hangUp: () => void): void {
    if (this.told === undefined) hangUp();
    else void this.inTime(this.told).then(hangUp);
  }

  private arm(afterMs: number, input: CallInput): void {
    this.timer = this.context.runtime.clock.arm(afterMs, () => this.input(input));
  }

  private callContacts(): void {
    const destination = this.route?.destination;
    if (destination?.kind !== 'user') return;
    this.openMedia(destination)
      .then((media) => this.mediaOpened(media, destination))
      .catch((error: unknown) => this.mediaRefused(error));
  }

  private async openMedia(destination: UserDestination): Promise<CallMedia> {
    const isForWebSocket = destination.bindings.every(isBehindWebSocket);
    const callee = userAt(destination.to);
    const known = await this.forwarded.take(this.media, isForWebSocket);
    if (known !== undefined) return known;
    const { isTold } = this.forwarded;
    this.media = undefined;
    return CallMedia.open({
      backend: this.context.relays,
      label: this.id,
      offer: isTold ? undefined : this.caller.offer,
      trickles: this.context.trickleIce && this.caller.trickles,
      callee: isForWebSocket ? this.context.webSocketMedia : this.context.calleeMedia(callee),
      caller: isTold && this.caller.isBehindWebSocket ? this.context.webSocketMedia : undefined,
      digits: digitsBetween(this.context.digits, this.userOf('caller'), callee),
      onEvent: (event, from) => this.mediaTold(event, from),
      telling: (side) => this.recordingControl.telling(side),
      onDead: () => this.input({ type: 'broken', reason: 'mediaTimeout' }),
      onOffer: (from) => this.passOffer(from),
    });
  }

  private mediaTold(event: MediaEndpointEvent, from: Side): void {
    if (event.type === 'failed') this.input({ type: 'broken', reason: 'mediaFailed' });
    if (event.type === 'candidate') this.sessionOf(from)?.takeMediaEvent(event);
    if (event.type === 'digit' && this.state === 'connected') this.digits.heard(from, event);
  }

  private mediaOpened(media: CallMedia, { to, bindings }: UserDestination): void {
    this.media = media;
    // the caller may have given up meanwhile, and the record is written then
    if (this.state !== 'ringing') return void media.close().catch(() => {}); // nobody asks for it
    for (const binding of bindings) {
      const leg = this.legs.length;
      const user: ContactLegUser = {
        onRinging: (hasMedia) => this.input({ type: 'legRinging', leg, hasMedia }),
        onAnswered: () => this.input({ type: 'legAnswered', leg }),
        onRefused: (refusal) => this.input({ type: 'legRefused', leg, ...refusal }),
        onEnded: (ending) => this.input({ type: 'legEnded', leg, ending }),
      };
      const contact = this.contacts.call(binding, media, { to, user, by: this.caller.session });
      this.legs.push(contact);
      this.context.link(contact.session, this);
    }
  }

  private mediaRefused(error: unknown): void {
    const code = StrowgerError.isInstance(error) ? error.code : undefined;
    if (code === 'MEDIA_NOT_ACCEPTABLE' || code === 'MEDIA_NOT_ENCRYPTED')
      return this.input({ type: 'refused', status: 488 });
    this.report(error, 'a call has no media');
    if (code === 'MEDIA_PORTS_EXHAUSTED') return this.input({ type: 'refused', status: 503 });
    this.input({ type: 'broken', reason: 'mediaFailed' });
  }

  private ring(leg: number, hasMedia: boolean): void {
    this.timeline.rings();
    const isHeard = hasMedia && this.legs[leg]?.end.isHeard === true;
    if (!isHeard || this.media?.answer === undefined) return this.caller.ring();
    this.ringWithMedia(this.media).catch((error: unknown) =>
      this.report(error, 'early media could not be passed on'),
    );
  }

  private async ringWithMedia({ answer, callerEnd, policies }: CallMedia): Promise<void> {
    const sdp = await answer?.catch(() => undefined); // told where the call is answered
    if (sdp === undefined || this.state !== 'ringing') return;
    this.forwarded.tell();
    this.caller.ringWithMedia(callerEnd, sdp, policies.caller);
  }

  private answerCaller(winner: number): void {
    this.connect(winner).catch((error: unknown) => {
      const isOn = this.state === 'answering' || this.state === 'connected';
      if (!isOn) return; // it was told why
      this.report(error, 'a call could not be answered');
      this.input({ type: 'broken', reason: 'mediaFailed' });
    });
  }

  private async connect(winner: number): Promise<void> {
    const { media } = this;
    const leg = this.legs[winner];
    if (media === undefined || leg === undefined) return;
    this.caller.session.speakFor(leg.session);
    await media.calleeEnd.elect(leg.end);
    await this.forwarded.answer(this.caller, media, {
      isWanted: () => this.state === 'answering',
      record: () => this.recording.begin(),
    });
  }

  /** One side holds, resumes or moves: the other side is asked with an offer made from it. */
  private passOffer(from: 'caller' | 'callee'): () => void {
    const { state } = this.machine;
    if (state.name !== 'connected') {
      throw new StrowgerError('MEDIA_OFFER_PENDING', 'the call is not connected yet');
    }
    const other = from === 'caller' ? this.legs[state.winner] : this.caller;
    return () => other?.renegotiate();
  }

  private runService(): void {
    const destination = this.route?.destination;
    if (destination?.kind !== 'service') return;
    const { session } = this.caller;
    session.on('mediaSilent', () => this.input({ type: 'broken', reason: 'mediaTimeout' }));
    this.over ??= new AbortController();
    const { signal } = this.over;
    serve(destination, { session, user: this.userOf('caller'), signal }).then(
      () => this.input({ type: 'serviceDone' }),
      (error: unknown) => {
        if (this.state === 'ended') return; // it was cut short by the end of the call
        this.report(error, 'a service failed');
        this.input({ type: 'broken', reason: 'serviceFailed' });
      },
    );
  }

  private tellAnswered(): void {
    this.timeline.answers();
    this.passInfo();
    if (!this.forwarded.isMoving) this.recording.begin().catch(() => {}); // it has told
    this.recordingControl.connected();
    this.arm(this.context.maxCallMs, { type: 'stop', reason: 'maxCallMs' });
    this.context.onAnswered(this);
  }

  /** Between two parties; what a service is told by INFO is for its session. */
  private passInfo(): void {
    if (this.route?.destination.kind === 'service') return;
    const { infos, digits } = this.context;
    for (const [one, other] of [['caller', 'callee'] as const, ['callee', 'caller'] as const]) {
      const session = this.sessionOf(one);
      if (session === undefined) continue;
      infos.pass(session, {
        session: () => this.sessionOf(other),
        ...(digits.convert !== false && { convert: (digit) => this.digits.convert(one, digit) }),
      });
    }
  }

  /** The new party has taken its place, and the media of the two is the call's. */
  private adopt(by: Side): void {
    const before = this.media;
    const { media, left } = this.transfers.adopt();
    this.media = media;
    this.passInfo();
    this.recording.follow();
    this.recordingControl.connected();
    void this.keepStats(left, before, by);
    this.context.onTransferred(this);
  }

  /** What its media was like goes into the record, though it has left the call. */
  private async keepStats(
    left: Left | undefined,
    media: CallMedia | undefined,
    by: Side,
  ): Promise<void> {
    const stats = await this.inTime(media?.close());
    if (left !== undefined && stats !== undefined) left.media = stats[by];
  }

  private async finish(ending: CallEnding): Promise<void> {
    this.timer?.cancel();
    this.over?.abort();
    void this.forwarded.close();
    this.recordingControl.close();
    const end = this.timeline.ends();
    const recordings = await this.recording.end();
    const stats = await this.inTime(this.media?.close());
    const { sides, called, routes, id, parties } = this;
    const { callers, legs } = sides;
    const callee = calleeOf(called, routes.forwarded);
    const record = this.timeline.record(ending, end, {
      id,
      ...parties,
      ...(callee === undefined ? {} : { callee }),
      ...forwardedBy(routes.forwarded),
      ...(recordings.length > 0 && { recordings }),
      ...(stats && transcodedIn(stats)),
      legs: recordLegs({
        callers,
        legs,
        callerMedia: stats?.caller ?? (await this.inTime(this.caller.closeMedia())),
        calleeMedia: stats?.callee,
        status: ending.status,
      }),
    });
    await this.context.cdrs.write(record);
    this.resolveEnded(record);
  }

  private inTime<T>(work: Promise<T> | undefined): Promise<T | undefined> {
    return inTime(this.context.runtime.clock, work);
  }

  private report(error: unknown, message: string): void {
    this.context.runtime.logger.error({ err: error, call: this.id }, message);
  }
}

function forwardedBy(forwarded: readonly Forwarding[]): Pick<CallRecord, 'forwarded'> {
  if (forwarded.length === 0) return {};
  return {
    forwarded: forwarded.map(({ from, to, cause }) => ({
      from: from.toString(),
      to: to.toString(),
      cause,
    })),
  };
}

type UserDestination = Extract<Destination, { kind: 'user' }>;
