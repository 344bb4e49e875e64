import { StrowgerError } from '@strowger/runtime';
import { chooseEngine, type Engine, type EngineCall } from './engine.ts';
import type { NgArguments, NgReply } from './ng-client.ts';

/** What a call is made of. */
export interface NgCallOptions {
  readonly engines: readonly Engine[];
  /** Unique among all calls of all programs that use the same engines. */
  readonly id: string;
  /** The engine cannot go on with it: dead, or started anew. Told once. */
  onFailed(error: StrowgerError): void;
}

/** One call at one engine: its commands, and what becomes of it when the engine dies. */
export class NgCall implements EngineCall {
  readonly id: string;
  private readonly options: NgCallOptions;
  private engine: Engine | undefined;
  private failure: StrowgerError | undefined;
  private isClosed = false;

  constructor(options: NgCallOptions) {
    this.options = options;
    this.id = options.id;
  }

  /** Whether an engine has opened ports for it. */
  get isAllocated(): boolean {
    return this.engine !== undefined && this.failure === undefined && !this.isClosed;
  }

  /**
   * A command within the call. The first one chooses the engine: where that does not reply, the
   * next is asked. Rejects with `MEDIA_NOT_ACCEPTABLE` where the engine refuses a description,
   * `MEDIA_FAILED` for any other refusal and once the engine lost the call,
   * `RTPENGINE_UNAVAILABLE` where no engine replies.
   */
  async command(command: string, args: NgArguments = {}): Promise<NgReply> {
    if (this.failure !== undefined) throw this.failure;
    const reply = this.engine
      ? await this.ask(this.engine, command, args)
      : await this.askFirst(command, args);
    if (reply.result !== 'error') return reply;
    throw this.refused(command, String(reply['error-reason'] ?? 'no reason given'));
  }

  /** Frees what the engine has of it. Never rejects. Idempotent. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.forget();
  }

  /** The engine forgets it, at once (`delete-delay` 0); the next command begins anew. */
  async forget(): Promise<void> {
    const { engine } = this;
    if (engine === undefined || this.failure !== undefined) return;
    this.engine = undefined;
    engine.calls.delete(this);
    await engine.client
      .request('delete', { 'call-id': this.id, 'delete-delay': 0 })
      .catch(() => {}); // an engine that is gone has nothing to free; one that is not frees by time
  }

  onLost(why: string): void {
    this.fail(new StrowgerError('RTPENGINE_LOST', why));
  }

  async verify(): Promise<boolean> {
    await this.command('query').catch(() => {}); // an unknown call fails by that
    return this.failure === undefined;
  }

  private async askFirst(command: string, args: NgArguments): Promise<NgReply> {
    const tried = new Set<Engine>();
    for (;;) {
      const engine = chooseEngine(this.options.engines, tried);
      if (engine === undefined) {
        throw new StrowgerError('RTPENGINE_UNAVAILABLE', 'No rtpengine replies');
      }
      tried.add(engine);
      try {
        const reply = await this.ask(engine, command, args);
        this.engine = engine;
        if (!this.isClosed) engine.calls.add(this);
        return reply;
      } catch (error) {
        if (!isTimeout(error)) throw error;
      }
    }
  }

  private async ask(engine: Engine, command: string, args: NgArguments): Promise<NgReply> {
    engine.watch();
    try {
      const reply = await engine.client.request(command, { 'call-id': this.id, ...args });
      engine.heard();
      return reply;
    } catch (error) {
      if (isTimeout(error)) engine.missed(error);
      throw error;
    }
  }

  private refused(command: string, reason: string): StrowgerError {
    const message = `rtpengine refused ${command}: ${reason}`;
    if (/unknown call-id/i.test(reason)) {
      const lost = new StrowgerError('RTPENGINE_LOST', message);
      this.fail(lost);
      return this.failure ?? lost;
    }
    if (/sdp|media|codec|chop/i.test(reason)) {
      return new StrowgerError('MEDIA_NOT_ACCEPTABLE', message);
    }
    return new StrowgerError('MEDIA_FAILED', message);
  }

  private fail(cause: StrowgerError): void {
    if (this.failure !== undefined || this.isClosed) return;
    this.failure = new StrowgerError('MEDIA_FAILED', cause.message, { cause });
    this.engine?.calls.delete(this);
    this.options.onFailed(cause);
  }
}

function isTimeout(error: unknown): error is StrowgerError {
  return StrowgerError.isInstance(error) && error.code === 'RTPENGINE_TIMEOUT';
}
