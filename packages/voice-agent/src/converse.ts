import { type Clock, nodeRuntime, StrowgerError, within } from '@strowger/runtime';
import type { Call, SipClient } from '@strowger/sip-client';
import { Conversation, type ConversationOptions } from './conversation.ts';

/** A program that talks with a caller; when it returns, the call ends. */
export type Agent = (conversation: Conversation) => Promise<void>;

/** Why a conversation is over: the agent was done, the other side hung up, or the agent threw. */
export type ConversationEnd =
  | { kind: 'finished' }
  | { kind: 'hungUp' }
  | { kind: 'failed'; error: unknown };

/** How long an agent may go on when its call is over, before it is left to itself. */
const LEAVING_MS = 10_000;

/**
 * Lets an agent talk in a call that came, which is answered unless it was, or in one that we placed, once
 * it is. Resolves when the agent is done and the call is over, or ten seconds after the call; never
 * rejects.
 */
export async function converse(
  call: Call,
  agent: Agent,
  options: ConversationOptions = {},
): Promise<ConversationEnd> {
  const { clock = nodeRuntime().clock } = options;
  const conversation = new Conversation(call, { ...options, clock });
  const talk = outcomeOf(async () => {
    const isToBeAnswered = call.direction === 'incoming' && !ANSWERED.has(call.state);
    await (isToBeAnswered ? call.answer() : call.connected);
    await agent(conversation);
  });
  const end = await Promise.race([talk, left(call, clock, talk)]);
  await call.hangUp();
  return end;
}

const ANSWERED = new Set<Call['state']>(['connected', 'onHold', 'transferring']);

/** An agent that waits for something else when its call is over holds up nobody for long. */
async function left(
  call: Call,
  clock: Clock,
  talk: Promise<ConversationEnd>,
): Promise<ConversationEnd> {
  await call.ended;
  return (await within(talk, LEAVING_MS, clock)) ?? { kind: 'hungUp' };
}

async function outcomeOf(work: () => Promise<void>): Promise<ConversationEnd> {
  try {
    await work();
    return { kind: 'finished' };
  } catch (error) {
    const code = StrowgerError.isInstance(error) ? error.code : '';
    if (code === 'CALL_ENDED' || code === 'SESSION_ENDED') return { kind: 'hungUp' };
    return { kind: 'failed', error };
  }
}

/** How calls are answered. */
export interface AnsweringOptions extends ConversationOptions {
  /** So many conversations at once, 1 or more; default 100. Who calls then gets 503. */
  readonly most?: number;
  /** Told when a conversation is over; what it throws is not heard. */
  readonly onEnd?: (end: ConversationEnd, call: Call) => void;
}

/** Answers every call of a client with an agent; returns how to stop taking calls. */
export function answerCalls(
  client: Pick<SipClient, 'on'>,
  agent: Agent,
  { most = 100, onEnd, ...options }: AnsweringOptions = {},
): () => void {
  let talking = 0;
  const talk = async (call: Call): Promise<void> => {
    talking++;
    const end = await converse(call, agent, options);
    talking--;
    onEnd?.(end, call);
  };
  return client.on('incoming', (call) => {
    if (talking >= most) call.reject(503);
    else talk(call).catch(() => {}); // what `onEnd` throws
  });
}
