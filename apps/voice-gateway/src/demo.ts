import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SipClient } from '@strowger/sip-client';
import { answerCalls, type ConversationEnd, type Voice } from '@strowger/voice-agent';
import { nightDesk, seconds, type Understood } from './demo-agent.ts';
import { DemoCaller } from './demo-caller.ts';
import { espeakVoice, hasEspeak, recordedVoice } from './voices.ts';

const QUESTION = 'Excuse me, one question.';
const PROMPTS = fileURLToPath(new URL('../prompts', import.meta.url));
/** The whole conversation takes half of it. */
const DEADLINE_MS = 90_000;

const BEGAN = process.uptime();

process.exitCode = await demo();

/** A caller and an agent talk over SIP and RTP; resolves with 0 only if they understood each other. */
async function demo(): Promise<number> {
  const { values } = parseArgs({ options: { recorded: { type: 'boolean', default: false } } });
  const byEspeak = !values.recorded && (await hasEspeak());
  const recorded = byEspeak ? undefined : await recordedVoice(PROMPTS);
  const voiceOf = (language: string): Voice => recorded ?? espeakVoice({ language });
  say(`both speak by ${byEspeak ? 'espeak-ng' : 'recorded prompts'}; times are seconds\n`);

  const desk = new SipClient({
    uri: 'sip:desk@127.0.0.1',
    media: { speech: { beginMs: 40, endMs: 400 } },
  });
  const caller = new SipClient({ uri: 'sip:alice@127.0.0.1' });
  const late = setTimeout(() => void Promise.all([desk.close(), caller.close()]), DEADLINE_MS);
  let understood: Understood = {};
  let ended: (end: ConversationEnd) => void = () => {};
  const end = new Promise<ConversationEnd>((resolve) => (ended = resolve));
  const agent = nightDesk(
    (text) => line('agent', text),
    (more) => (understood = { ...understood, ...more }),
  );
  answerCalls(desk, agent, { voice: voiceOf('en'), onEnd: ended });
  try {
    const address = await desk.contact();
    line('caller', `calls ${address}`);
    const call = await caller.call(address);
    await call.connected;
    line('caller', 'is answered');
    const alice = new DemoCaller(call, voiceOf('en+f3'));
    await Promise.race([talk(alice), call.ended]);
    line('caller', `hears that they hung up (${(await call.ended).kind})`);
    const outcome = await end;
    return judge(understood, { heardMs: alice.heardMs, outcome });
  } finally {
    clearTimeout(late);
    await Promise.all([desk.close(), caller.close()]);
  }
}

/** What the caller does, as far as it hears the agent. */
async function talk(alice: DemoCaller): Promise<void> {
  await alice.hearsSound();
  line('caller', 'hears the agent');
  await alice.hearsFor(1500);
  const spoken = alice.says(QUESTION, () => line('caller', `interrupts: “${QUESTION}”`));
  await alice.hearsQuiet(500);
  line('caller', 'hears that the agent is silent');
  await spoken;
  await alice.hearsSound();
  await alice.hearsQuiet();
  await alice.says('Yes please.', () => line('caller', '“Yes please.”'));
  await alice.hearsSound();
  await alice.hearsQuiet();
  line('caller', 'says nothing');
  await alice.hearsSound();
  await alice.hearsFor(800);
  line('caller', 'interrupts by pressing 407#');
  await alice.presses('407#');
}

/** Prints what was understood and says whether it is all. */
function judge(
  understood: Understood,
  { heardMs, outcome }: { heardMs: number; outcome: ConversationEnd },
): number {
  const { interruptedAfterMs = 0, spokeMs = 0, breakfast, newspaper, room } = understood;
  say('\nwhat they understood of each other');
  say(`  the caller heard the agent for ${seconds(heardMs)}`);
  say(`  the agent was interrupted after ${seconds(interruptedAfterMs)} of its greeting`);
  say(`  and heard the caller speak for ${seconds(spokeMs)}`);
  say(`  breakfast: ${inWords(breakfast)}; newspaper: ${inWords(newspaper)}; room: ${room ?? '?'}`);
  const isGood =
    heardMs > 5000 &&
    interruptedAfterMs > 1000 &&
    interruptedAfterMs < 4000 &&
    spokeMs > 500 &&
    breakfast === true &&
    newspaper === false &&
    room === '407' &&
    outcome.kind === 'finished';
  say(isGood ? '\nthey understood each other' : '\nthey did not understand each other');
  if (outcome.kind === 'failed') say(String(outcome.error));
  return isGood ? 0 : 1;
}

function inWords(answer: boolean | undefined): string {
  if (answer === undefined) return '?';
  return answer ? 'yes' : 'no';
}

function line(who: 'caller' | 'agent', text: string): void {
  const at = (process.uptime() - BEGAN).toFixed(1).padStart(5);
  say(`${at}  ${who.padEnd(6)}  ${text}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
