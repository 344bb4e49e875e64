import { type Clock, type Logger, StrowgerError } from '@strowger/runtime';
import type { Call } from '@strowger/sip-client';
import { type Agent, converse, type Voice } from '@strowger/voice-agent';
import { Bridge, type BridgeEnd } from './bridge.ts';
import type { CallFacts, LinkOpener, ProgramLink } from './program-link.ts';

/** Why a program has ended with a call. */
export type TalkEnd = BridgeEnd | { kind: 'finished' } | { kind: 'failed'; error: unknown };

/** A program that is ready for one call. */
export interface Talk {
  /** Talks in the call, which is answered; resolves when it is done, and never rejects. */
  run(call: Call): Promise<TalkEnd>;
  /** Resolves when the program is gone before it ran: nobody need answer any more. */
  readonly gone?: Promise<TalkEnd>;
  /** The call never came about. */
  abandon(): void;
}

/** Who talks with callers. */
export interface Program {
  /** Rejects with `ProgramDown`, soon when `signal` aborts. */
  open(facts: CallFacts, signal: AbortSignal): Promise<Talk>;
}

/** How a program in another process is heard. */
export interface LinkedProgramOptions {
  readonly open: LinkOpener;
  readonly toCallerBytes: number;
  readonly clearsOnSpeech: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A program behind a connection. */
export function linkedProgram({ open, ...options }: LinkedProgramOptions): Program {
  const talkBy = (link: ProgramLink): Talk => ({
    async run(call) {
      try {
        return await new Bridge({ call, link, ...options }).run();
      } catch (error) {
        link.stop('failed');
        return endOf(error);
      }
    },
    gone: link.gone,
    abandon: () => link.stop('notAnswered'),
  });
  return { open: async (facts, signal) => talkBy(await open(facts, signal)) };
}

/** How a function talks. */
export interface FunctionProgramOptions {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly voice?: Voice | undefined;
}

/** A function in this process. */
export function functionProgram({ agent, voice, clock }: FunctionProgramOptions): Program {
  const talk: Talk = {
    async run(call) {
      const end = await converse(call, agent, { clock, ...(voice && { voice }) });
      return end.kind === 'hungUp' ? { kind: 'callEnded' } : end;
    },
    abandon() {},
  };
  return { open: async () => talk };
}

/** What a call that ended lets fail is no failure. */
function endOf(error: unknown): TalkEnd {
  const code = StrowgerError.isInstance(error) ? error.code : '';
  const isOver = ['SESSION_ENDED', 'NO_MEDIA', 'MEDIA_CLOSED'].includes(code);
  return isOver ? { kind: 'callEnded' } : { kind: 'failed', error };
}
