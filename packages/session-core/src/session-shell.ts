import type { HeaderFields } from '@strowger/dialog-core';
import { Machine, StrowgerError, type Timer } from '@strowger/runtime';
import type { AnswerOptions } from './call-options.ts';
import type { MediaDirection, MediaEndpoint } from './media-backend.ts';
import { tellMedia } from './media-events.ts';
import { MediaLink } from './media-link.ts';
import type { Session } from './session.ts';
import type { SessionContext, SessionSetup } from './session-context.ts';
import type { SessionEventDetails } from './session-events.ts';
import type {
  AnswerPlan,
  Change,
  SessionInput,
  SessionMachineState,
  SessionOutput,
} from './session-machine.ts';
import { sessionStateOf, sessionTable } from './session-table.ts';
import { Signalling } from './signalling.ts';
import { Waiters } from './waiters.ts';

/** @internal The inside of a session: its table, what carries the outputs out, and who waits. */
export class SessionShell {
  readonly link: MediaLink;
  readonly signalling: Signalling;
  readonly waiters = new Waiters();
  readonly context: SessionContext;
  private readonly session: Session;
  private readonly createdAt: number;
  private readonly ringTimeoutMs: number | undefined;
  private readonly machine: Machine<SessionMachineState, SessionInput, SessionOutput>;
  private answeredAt: number | undefined;
  private ringTimer: Timer | undefined;

  constructor(session: Session, context: SessionContext, setup: SessionSetup) {
    this.session = session;
    this.context = context;
    this.ringTimeoutMs = setup.ringTimeoutMs;
    this.createdAt = context.clock.wall();
    this.link = new MediaLink({
      backend: context.backend,
      clock: context.clock,
      label: setup.id,
      tell: (input) => this.take(input),
      onEvent: (event) => tellMedia(event, (type, details) => this.emit(type, details)),
      onState: (from, to) => this.emit('mediaStateChanged', { from, to }),
    });
    this.signalling = new Signalling({
      input: (input) => this.take(input),
      onProgress: ({ status, reason, body }) =>
        this.emit('progress', { status, reason, withMedia: body.length > 0 }),
      onDigit: (digit) => this.emit('digit', { ...digit, source: 'info' }),
      onChangeOffered: (withOffer) => this.emit('changeOffered', { withOffer }),
      onRefresh: () => this.refresh(),
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
    this.emit('created', { direction, remote: remote.uri.toString() });
    if (direction === 'outgoing') this.take({ type: 'dial' });
    else this.armRingTimer();
  }

  /** Throws `SESSION_STATE` where the table has no row. */
  check(type: SessionInput['type']): void {
    if (this.machine.allows(type)) return;
    const { name } = this.machine.state;
    throw new StrowgerError('SESSION_STATE', `${type} is not possible while ${name}`);
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

  change(wish: { direction?: MediaDirection; endpoint?: MediaEndpoint }): Promise<void> {
    this.check('change');
    const { id, done } = this.waiters.change();
    const { direction, endpoint } = wish;
    if (endpoint !== undefined) this.link.bringFor(id, endpoint);
    const change: Change = {
      id,
      ...(direction === undefined ? {} : { direction }),
      ...(endpoint === undefined ? {} : { moves: true }),
    };
    this.take({ type: 'change', change });
    return done;
  }

  planFor({ codecs, endpoint, sdp }: AnswerOptions): AnswerPlan {
    if (codecs !== undefined) this.link.codecs = codecs;
    if (endpoint !== undefined) this.link.bring(endpoint);
    const given = this.link.endpoint !== undefined;
    return sdp === undefined ? { given } : { given, sdp };
  }

  /** What the next final response carries. */
  saying(headers: HeaderFields | undefined, reason?: string): void {
    this.signalling.headers = headers ?? [];
    this.signalling.reason = reason;
  }

  emit<T extends keyof SessionEventDetails>(type: T, details: SessionEventDetails[T]): void {
    this.context.emit(this.session, type, details);
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
      case 'rollback':
      case 'closeMedia':
        return this.link.perform(output);
      case 'prepared':
        return this.waiters.settlePrepared(output.refusal);
      case 'changed':
        this.link.forget(output.change.id);
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
    if (from === to) return;
    const isAnswered = to === 'connected' || to === 'onHold';
    if (isAnswered || to === 'terminating') this.ringTimer?.cancel();
    if (isAnswered && this.answeredAt === undefined) this.answeredAt = this.context.clock.wall();
    this.emit('stateChanged', { from, to });
    if (isAnswered) this.waiters.connected.resolve();
    if (next.name === 'ended') this.finish(next);
    else if (next.name === 'ending') this.waiters.fail(next.reason);
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
