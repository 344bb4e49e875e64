import { type Clock, type Logger, StrowgerError, within } from '@strowger/runtime';
import type { Call, SipClient } from '@strowger/sip-client';
import type { Program, Talk, TalkEnd } from './program.ts';
import type { CallFacts } from './program-link.ts';

/** What callers get when the program is down. */
export type WhenDown = { readonly status: number } | { readonly announce: string };

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly client: SipClient;
  /** The URI that we call as. */
  readonly identity: string;
  readonly program: Program;
  readonly whenDown: WhenDown;
  /** Calls at once, both ways; beyond it callers get 503. */
  readonly maxCalls: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 32 hexadecimal digits, each time others. */
  makeId(): string;
}

/** What has become of the wish to call somebody. */
export type Placing =
  | { kind: 'placed'; id: string }
  | { kind: 'full' }
  | { kind: 'programDown'; detail: string }
  | { kind: 'badTarget'; detail: string };

/** Takes calls, and places them, for a program. */
export class Gateway {
  private readonly options: GatewayOptions;
  private readonly live = new Set<Promise<void>>();
  private isDraining = false;
  private stopTaking = (): void => {};

  constructor(options: GatewayOptions) {
    this.options = options;
  }

  /** Calls that are alive, from the first ring on. */
  get calls(): number {
    return this.live.size;
  }

  /** Whether one more call would be taken. */
  get isReady(): boolean {
    return !this.isDraining && this.calls < this.options.maxCalls;
  }

  /** Takes calls from now on. */
  start(): void {
    this.stopTaking = this.options.client.on('incoming', (call) => {
      if (this.isReady) this.track(this.take(call));
      else call.reject(503);
    });
  }

  /**
   * Calls somebody, once the program is there. `parameters` go to the program with those of the
   * configuration.
   */
  async place(to: string, parameters: CallFacts['parameters'] = {}): Promise<Placing> {
    const { client } = this.options;
    if (!this.isReady) return { kind: 'full' };
    const id = this.options.makeId();
    let placed: (outcome: Placing) => void = () => {};
    const outcome = new Promise<Placing>((resolve) => (placed = resolve));
    const work = async (): Promise<void> => {
      const { identity: from } = this.options;
      const facts = this.factsOf({ id, direction: 'outbound', from, to }, parameters);
      const talk = await this.open(facts, new AbortController().signal);
      if (typeof talk === 'string') return placed({ kind: 'programDown', detail: talk });
      try {
        const call = await client.call(to);
        placed({ kind: 'placed', id });
        await this.talk(call, talk, facts);
      } catch (error) {
        talk.abandon();
        const detail = error instanceof Error ? error.message : String(error);
        placed({ kind: 'badTarget', detail });
      }
    };
    this.track(work());
    return outcome;
  }

  /** Takes no more calls, and resolves when those that are alive are over, or after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    this.isDraining = true;
    await within(Promise.all(this.live), deadlineMs, this.options.clock);
    this.stopTaking();
  }

  private async take(call: Call): Promise<void> {
    const { makeId } = this.options;
    const [from, to] = [call.remote.uri.toString(), call.session.local.uri.toString()];
    const facts = this.factsOf({ id: makeId(), direction: 'inbound', from, to });
    const gaveUp = new AbortController();
    void call.ended.then(() => gaveUp.abort());
    call.ring();
    const talk = await this.open(facts, gaveUp.signal);
    if (typeof talk === 'string') return this.apologise(call, facts.id);
    await this.talk(call, talk, facts);
  }

  /** Lets the program talk once the call is answered, by us or by the other side. */
  private async talk(call: Call, talk: Talk, { id, from, to }: CallFacts): Promise<void> {
    const { logger } = this.options;
    let gone: TalkEnd | undefined;
    let isAnswered = false;
    const leave = (end: TalkEnd): void => {
      if (isAnswered) return; // the program runs, and says so itself
      gone = end;
      void call.hangUp();
    };
    void talk.gone?.then(leave);
    try {
      await (call.direction === 'incoming' ? call.answer() : call.connected);
    } catch (error) {
      if (!StrowgerError.isInstance(error)) throw error;
      talk.abandon();
      const reason = await call.ended;
      if (gone === undefined) logger.info({ id, from, to, reason }, 'not answered');
      else logger.warn({ id, from, to, end: gone, reason }, 'the program left before the answer');
      return;
    }
    isAnswered = true;
    logger.info({ id, from, to }, 'answered');
    const end = await talk.run(call);
    await call.hangUp();
    const reason = await call.ended;
    if (isTrouble(end)) logger.warn({ id, end, reason }, 'the program failed');
    else logger.info({ id, end, reason }, 'ended');
  }

  private async open(facts: CallFacts, signal: AbortSignal): Promise<Talk | string> {
    try {
      return await this.options.program.open(facts, signal);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.options.logger.warn({ id: facts.id, detail }, 'the program is down');
      return detail;
    }
  }

  private async apologise(call: Call, id: string): Promise<void> {
    const { whenDown, logger } = this.options;
    if ('status' in whenDown) return call.reject(whenDown.status);
    try {
      await call.answer();
      await call.play({ type: 'file', path: whenDown.announce }).finished;
    } catch (error) {
      const isGone = StrowgerError.isInstance(error) && error.code === 'SESSION_ENDED';
      if (!isGone) logger.error({ err: error, id }, 'the announcement was not played');
    }
    await call.hangUp();
  }

  private factsOf(
    facts: Omit<CallFacts, 'parameters'>,
    parameters: CallFacts['parameters'] = {},
  ): CallFacts {
    return { ...facts, parameters: { ...this.options.parameters, ...parameters } };
  }

  /** Counts it as long as it lasts; nothing that fails in one call is the end of others. */
  private track(work: Promise<void>): void {
    const watched = work.catch((error: unknown) => {
      this.options.logger.error({ err: error }, 'a call failed');
    });
    this.live.add(watched);
    void watched.finally(() => this.live.delete(watched));
  }
}

function isTrouble({ kind }: TalkEnd): boolean {
  return kind === 'fault' || kind === 'failed';
}
