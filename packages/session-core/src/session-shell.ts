import type { HeaderFields } from '@strowger/dialog-core';
import { Machine, StrowgerError, type Timer } from '@strowger/runtime';
import type { Hop } from '@strowger/transaction-core';
import { type AnswerOptions, wishesOf } from './call-options.ts';
import { DigitDoubles } from './digit-doubles.ts';
import type {
  MediaDirection,
  MediaEndpoint,
  MediaEndpointEvent,
  MediaSessionId,
  Sdp,
} from './media-backend.ts';
import type { AudioSource, Playback } from './media-capabilities.ts';
import { tellMedia } from './media-events.ts';
import type { EndReason } from './end-reason.ts';
import { MediaLink } from './media-link.ts';
import { NOT_ENCRYPTED } from './media-protection.ts';
import { MediaRecovery } from './media-recovery.ts';
import { refusedBy } from './refused-input.ts';
import type { RelocateOptions, Session } from './session.ts';
import type { SessionContext, SessionSetup } from './session-context.ts';
import type { SecurityEvent, SessionEventDetails } from './session-events.ts';
import type {
  AnswerPlan,
  Change,
  SessionInput,
  SessionMachineState,
  SessionOutput,
} from './session-machine.ts';
import { SessionMute } from './session-mute.ts';
import { sessionStateOf, sessionTable } from './session-table.ts';
import { Signalling } from './signalling.ts';
import { takesTrickleIce } from './trickle-ice.ts';
import { Waiters } from './waiters.ts';

/** @internal What an application has exchanged itself. */
export interface Descriptions {
  readonly local: Sdp;
  readonly remote: Sdp;
  readonly role?: 'offerer' | 'answerer' | undefined;
}

/** @internal What a session is changed to; what is absent stays as it was wanted. */
export interface Wish {
  readonly direction?: MediaDirection;
  /** Where media moves to; `isOwned`: the session closes it. */
  readonly endpoint?: MediaEndpoint;
  readonly isOwned?: boolean;
  /** Whether the offer restarts ICE. */
  readonly iceRestart?: boolean;
  readonly codecs?: readonly string[];
  /** By which request; default `reinvite`. `update` only where the peer takes it. */
  readonly via?: 'reinvite' | 'update' | undefined;
}

/** Inputs that an owner asks for, as against what happens. */
const ASKED: ReadonlySet<string> = new Set([
  'dial',
  'prepare',
  'ring',
  'ringWithMedia',
  'answer',
  'reject',
  'hangUp',
  'change',
  'describe',
  'negotiated',
  'transferBegun',
]);

/** @internal The inside of a session: its table, what carries the outputs out, and who waits. */
export class SessionShell {
  readonly link: MediaLink;
  readonly signalling: Signalling;
  readonly waiters = new Waiters();
  readonly mute: SessionMute;
  private readonly doubles = new DigitDoubles();
  readonly context: SessionContext;
  private readonly session: Session;
  readonly createdAt: number;
  private readonly ringTimeoutMs: number | undefined;
  private readonly machine: Machine<SessionMachineState, SessionInput, SessionOutput>;
  answeredAt: number | undefined;
  private readonly recovery: MediaRecovery;
  /** The hop that the last message of its dialog came or went over. */
  hop: Hop | undefined;
  private readonly isLate: boolean;
  private ringTimer: Timer | undefined;
  private music: Playback | undefined;
  private restartsIce = false;
  private musicOnHold: AudioSource | undefined;

  constructor(session: Session, context: SessionContext, setup: SessionSetup) {
    this.session = session;
    this.context = context;
    this.hop = setup.source;
    this.isLate = setup.initial.name === 'created' && setup.initial.plan.late;
    this.ringTimeoutMs = setup.ringTimeoutMs;
    this.createdAt = setup.restored?.createdAt ?? context.clock.wall();
    this.answeredAt = setup.restored?.answeredAt;
    this.recovery = this.makeRecovery();
    this.link = new MediaLink({
      backend: context.backend,
      clock: context.clock,
      label: setup.id,
      wishes: context.wishes,
      trickle: {
        offers: context.trickleIce,
        answers:
          context.trickleIce && setup.request !== undefined && takesTrickleIce(setup.request),
      },
      tell: (input) => this.takeFromMedia(input),
      onEvent: (event) => this.tellMediaEvent(event),
      onState: (from, to) => this.emit('mediaStateChanged', { from, to }),
      onCodec: (from, to) => this.emit('codecChanged', { from, to }),
      onDowngrade: (detail) => {
        this.tellSecurity({ what: 'mediaDowngraded', severity: 'warning', detail });
      },
    });
    this.mute = this.makeMute(setup.restored?.muted === true);
    this.signalling = new Signalling({
      input: (input) => this.take(input),
      onProgress: ({ status, reason, body }) =>
        this.emit('progress', { status, reason, withMedia: body.length > 0 }),
      onRedirected: ({ status, from, to }) =>
        this.emit('redirected', { status, from: from.toString(), to: to.toString() }),
      onCandidates: (fragment) => this.link.addCandidates(fragment),
      onDigit: (digit) => this.tellDigit('info', { ...digit, source: 'info' }),
      onChangeOffered: (withOffer) => this.emit('changeOffered', { withOffer }),
      onRefresh: () => this.refresh(),
      onRequest: (transaction) => context.onRequest(session, transaction),
      onRefer: (refer) => context.onRefer(session, refer),
      onDialog: (dialog, exists) => context.onDialog(session, dialog, exists),
    });
    this.machine = new Machine<SessionMachineState, SessionInput, SessionOutput>({
      table: sessionTable,
      initial: setup.initial,
      context: undefined,
      perform: (output) => this.perform(output),
      onStep: (from, input, next) => this.onStep(from, input, next),
    });
  }

  get state(): SessionMachineState {
    return this.machine.state;
  }

  allows(type: SessionInput['type']): boolean {
    return this.machine.allows(type);
  }

  /** Begins; nothing happens before. */
  start(): void {
    const { direction, remote } = this.session;
    const restored = this.answeredAt === undefined ? {} : ({ restored: true } as const);
    this.emit('created', { direction, remote: remote.uri.toString(), ...restored });
    if (this.answeredAt !== undefined) this.recover();
    else if (direction === 'outgoing') this.take({ type: 'dial' });
    else this.armRingTimer();
  }

  /** Throws `SESSION_STATE` where the table has no row. */
  check(type: SessionInput['type']): void {
    if (this.machine.allows(type)) return;
    const { name } = this.machine.state;
    const allowed = Object.keys(sessionTable[name]).filter((input) => ASKED.has(input));
    throw refusedBy('SESSION_STATE', { input: type, state: name, allowed });
  }

  /** What the owner asks for: refused with `SESSION_STATE` where the table has no row. */
  ask(input: SessionInput): void {
    this.check(input.type);
    this.take(input);
  }

  /** What happens: where the table has no row it does not matter any more. */
  take(input: SessionInput): void {
    const { name } = this.machine.state;
    if (this.machine.input(input) !== 'refused') return;
    const fields = { sessionId: this.session.id, state: name, input: input.type };
    this.context.logger.debug(fields, 'no row for this input');
  }

  change(wish: Wish): Promise<void> {
    this.check('change');
    const { id, done } = this.waiters.change();
    const { direction, endpoint, isOwned = false } = wish;
    if (endpoint !== undefined) this.link.bringFor(id, endpoint, isOwned);
    const change: Change = {
      id,
      ...(direction === undefined ? {} : { direction }),
      ...(endpoint === undefined ? {} : { moves: true }),
      ...(wish.iceRestart === true ? { iceRestart: true } : {}),
      ...(wish.codecs === undefined ? {} : { codecs: [...wish.codecs] }),
      ...(this.goesByUpdate(wish) ? { byUpdate: true } : {}),
    };
    this.take({ type: 'change', change });
    return direction === undefined ? done : done.then(() => this.endMusic(direction));
  }

  /** Gives media a description of the peer; resolves with our answer. */
  describe(sdp: Sdp): Promise<Sdp> {
    this.check('describe');
    const answer = this.waiters.described();
    this.take({ type: 'describe', sdp });
    return answer;
  }

  /** Gives the session media that runs as two descriptions say; resolves with its name. */
  async setupMedia(descriptions: Descriptions): Promise<MediaSessionId> {
    this.check('negotiated');
    if (this.link.endpoint !== undefined) {
      throw new StrowgerError('SESSION_MEDIA_OWNED', 'the session has media already');
    }
    this.link.role = descriptions.role ?? this.role;
    const done = this.waiters.described();
    this.take({ type: 'negotiated', local: descriptions.local, remote: descriptions.remote });
    await done;
    return this.session.mediaSessionId ?? this.session.id;
  }

  /** Whose the first offer was. */
  private get role(): 'offerer' | 'answerer' {
    if (this.session.direction === 'incoming') {
      return this.session.offer === undefined ? 'offerer' : 'answerer';
    }
    return this.isLate ? 'answerer' : 'offerer';
  }

  /** Frees what the session opened, and asks nobody. */
  async tearDownMedia(): Promise<void> {
    this.check('describe'); // at rest: no negotiation needs it
    await this.link.release();
  }

  /** What the peer hears while it is held; where it cannot be played, the hold stands all the same. */
  playOnHold(source: AudioSource): void {
    const failed = (error: unknown): void => {
      this.context.logger.warn({ err: error, sessionId: this.session.id }, 'no music on hold');
    };
    this.music?.stop();
    this.music = undefined;
    this.musicOnHold = source;
    try {
      this.music = this.link.endpoint?.play(source, { loop: true });
      void this.mute.play(this.music !== undefined); // it plays first: what we say is not heard
    } catch (error) {
      failed(error);
    }
    const { music } = this;
    if (music === undefined) return;
    const ended = (): void => {
      if (this.music === music) void this.mute.play(false);
    };
    music.finished.then(ended, (error: unknown) => {
      failed(error);
      ended();
    });
  }

  private endMusic(direction: MediaDirection): void {
    if (direction === 'sendonly') return;
    const { music } = this;
    this.music = undefined;
    this.musicOnHold = undefined;
    void this.mute.play(false).then(() => music?.stop());
  }

  private goesByUpdate({ via }: Wish): boolean {
    return via === 'update' && this.signalling.dialog?.allowsUpdate === true;
  }

  /** Opens media and offers it; at once where there is some. */
  async startMedia(): Promise<void> {
    this.check('change');
    if (this.link.endpoint === undefined) await this.renewMedia();
  }

  /** Moves media to a new endpoint of the session's own. */
  async renewMedia(): Promise<void> {
    this.check('change');
    const endpoint = await this.link.openAnother();
    try {
      await this.change({ endpoint, isOwned: true, direction: 'sendrecv' });
    } catch (error) {
      await endpoint.close();
      throw error;
    }
  }

  /** Our place in the network is another one: the peer is told, and media moves there. */
  relocate(hop: Hop, how: RelocateOptions): void {
    this.signalling.dialog?.relocate(hop, how.contact);
    if (how.keepsMedia === true) return this.refresh();
    this.restartsIce = how.iceRestart === true;
    // what somebody else has, or closed, is not had anew: the peer is told our Contact alone
    if (!this.link.ownsEndpoint && !this.link.isLost) this.refresh();
    else this.recovery.restart({ code: 'NETWORK_CHANGED', message: 'the network has changed' });
  }

  planFor(options: AnswerOptions): AnswerPlan {
    const { endpoint, sdp } = options;
    this.link.wishes = { ...this.link.wishes, ...wishesOf(options) };
    if (endpoint !== undefined) this.link.bring(endpoint);
    if (endpoint !== undefined && sdp !== undefined) void this.link.adopt();
    const given = this.link.endpoint !== undefined;
    if (!given && sdp !== undefined) this.link.leaveToOwner();
    return sdp === undefined ? { given } : { given, sdp };
  }

  /** What the next final response carries. */
  saying(headers: HeaderFields | undefined, reason?: string): void {
    this.signalling.headers = headers ?? [];
    this.signalling.reason = reason;
  }

  private tellMediaEvent(event: MediaEndpointEvent): void {
    const hasNoKeys = event.type === 'failed' && event.code === 'DTLS_FAILED';
    if (hasNoKeys) {
      this.tellSecurity({ what: 'mediaKeysFailed', severity: 'critical', detail: event.message });
    }
    if (event.type === 'intrusion') this.tellSecurity(intrusionOf(event));
    else if (event.type === 'digit') this.tellDigit('media', event);
    else if (event.type === 'candidate') this.signalling.sendCandidates(event.fragment);
    else tellMedia(event, (type, details) => this.emit(type, details));
  }

  private tellDigit(way: 'media' | 'info', details: SessionEventDetails['digit']): void {
    const { digit, durationMs, source } = details;
    if (!this.doubles.isNew(way, digit, this.context.clock.now())) return;
    this.emit('digit', { digit, durationMs, source });
  }

  emit<T extends keyof SessionEventDetails>(type: T, details: SessionEventDetails[T]): void {
    this.context.emit(this.session, type, details);
  }

  /** What whoever guards this machine wants to know of the peer. */
  tellSecurity(event: SecurityEvent): void {
    const { address = '' } = this.session.transport ?? {};
    this.emit('security', { ...event, source: address });
  }

  /** Media that the session opened, and that fails in an answered call, is had anew if that can be. */
  private takeFromMedia(input: SessionInput): void {
    const isRefusal = input.type === 'mediaRefused' || input.type === 'mediaFailed';
    if (isRefusal && input.code === NOT_ENCRYPTED) {
      this.tellSecurity({ what: 'mediaNotEncrypted', severity: 'critical', detail: input.message });
    }
    const mayRetry = this.allows('change') && this.link.ownsEndpoint;
    if (input.type !== 'mediaFailed' || !mayRetry) return this.take(input);
    const { code, message } = input;
    if (!this.recovery.begin({ code, message })) this.take(input);
  }

  private makeMute(isMuted: boolean): SessionMute {
    const { link, context, session } = this;
    if (isMuted) void link.silence(true); // it has no media yet that could refuse
    return new SessionMute({
      isMuted,
      isLive: () => this.state.name !== 'ending' && this.state.name !== 'ended',
      silence: (silent) => link.silence(silent),
      onChange: (muted) => {
        this.emit('muteChanged', { muted });
        if (this.allows('change')) context.onRest(session);
      },
    });
  }

  /** Goes on after a restart: media is opened and offered, as the peer's goes to nobody. */
  private recover(): void {
    this.waiters.connected.resolve();
    this.recovery.begin({ code: 'MEDIA_LOST', message: 'media died with its process' });
  }

  private makeRecovery(): MediaRecovery {
    const { clock, mediaRetries } = this.context;
    return new MediaRecovery({
      clock,
      retries: this.answeredAt === undefined ? mediaRetries : Math.max(1, mediaRetries),
      isAtRest: () => this.state.name === 'established',
      isLive: () => this.allows('change'),
      renew: ({ code }) => (code === 'NETWORK_CHANGED' ? this.follow() : this.haveAnew()),
      onTry: ({ code }, retriesLeft) => this.emit('mediaRecovering', { code, retriesLeft }),
      onRecovered: (tries) => this.recovered(tries),
      giveUp: (cause) => this.take({ type: 'mediaFailed', ...cause }),
    });
  }

  private recovered(tries: number): void {
    if (this.musicOnHold !== undefined) this.playOnHold(this.musicOnHold);
    this.emit('mediaRecovered', { tries });
  }

  /** To where we are now: by ICE where that finds the way, else from another endpoint. */
  private async follow(): Promise<void> {
    if (this.restartsIce && this.link.endpoint !== undefined) {
      return this.change({ iceRestart: true });
    }
    return this.offerAnother();
  }

  /** As it was wanted; unless an offer of the peer has brought media back meanwhile. */
  private async haveAnew(): Promise<void> {
    if (!this.session.hasMediaConfigured) await this.offerAnother();
  }

  private async offerAnother(): Promise<void> {
    await this.link.lose();
    const endpoint = await this.link.openAnother();
    try {
      await this.change({ endpoint, isOwned: true });
    } catch (error) {
      await endpoint.close();
      throw error;
    }
  }

  /** The next re-INVITE refreshes the session, one that waits or is under way as well (RFC 4028). */
  private refresh(): void {
    if (this.allows('change')) this.change({}).catch(() => {}); // the timer sees to it
  }

  private perform(output: SessionOutput): void {
    switch (output.type) {
      case 'openMedia':
      case 'moveMedia':
      case 'createOffer':
      case 'acceptOffer':
      case 'acceptAnswer':
      case 'adoptMedia':
      case 'rollback':
      case 'closeMedia':
        return this.link.perform(output);
      case 'prepared':
        return this.waiters.settlePrepared(output.refusal);
      case 'described':
        return this.waiters.settleDescribed(output.outcome);
      case 'changed':
        this.link.changed(output.change, output.refusal === undefined);
        return this.waiters.settleChange(output.change.id, output.refusal);
      case 'invite':
        this.armRingTimer();
        return this.signalling.perform(output);
      default:
        return this.signalling.perform(output);
    }
  }

  private armRingTimer(): void {
    if (this.ringTimeoutMs === undefined) return;
    const ring = (): void => this.take({ type: 'ringTimeout' });
    this.ringTimer = this.context.clock.arm(this.ringTimeoutMs, ring);
  }

  private onStep(
    before: SessionMachineState,
    input: SessionInput,
    next: SessionMachineState,
  ): void {
    const [from, to] = [sessionStateOf(before), sessionStateOf(next)];
    this.context.onStep?.(before.name, input.type);
    if (next.name === 'ending' || next.name === 'ended') this.recovery.stop();
    else if (next.name === 'established') this.rested(before);
    if (from === to) return;
    const isAnswered = to === 'connected' || to === 'onHold';
    if (isAnswered || to === 'terminating') this.ringTimer?.cancel();
    if (isAnswered && this.answeredAt === undefined) this.answeredAt = this.context.clock.wall();
    this.emit('stateChanged', { from, to });
    if (isAnswered) this.waiters.connected.resolve();
    if (next.name === 'ending') this.tellInsecure(next.reason);
    if (next.name === 'ended') this.finish(next);
    else if (next.name === 'ending') this.waiters.fail(next.reason);
  }

  private tellInsecure(reason: EndReason): void {
    if (reason.kind !== 'transportFailed' || reason.code !== 'INSECURE_HOP') return;
    const { text: detail = reason.code } = reason;
    this.tellSecurity({ what: 'insecureHop', severity: 'critical', detail });
  }

  private rested(before: SessionMachineState): void {
    if (before.name !== 'established') this.context.onRest(this.session);
    this.recovery.atRest();
  }

  private finish({ reason, stats }: Extract<SessionMachineState, { name: 'ended' }>): void {
    const { createdAt, answeredAt } = this;
    this.emit('terminated', {
      reason,
      createdAt,
      ...(answeredAt === undefined ? {} : { answeredAt }),
      ...(stats === undefined ? {} : { stats }),
    });
    this.context.onGone(this.session);
    this.waiters.ended.resolve(reason);
  }
}

function intrusionOf({ packets, replayed }: { packets: number; replayed: number }): SecurityEvent {
  const what = 2 * replayed >= packets ? 'mediaReplayed' : 'mediaForged';
  const detail = `${packets} packets that are not the peer's, ${replayed} of them repeated`;
  return { what, severity: 'warning', detail };
}
