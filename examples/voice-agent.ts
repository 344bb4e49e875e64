// An agent that says something, is interrupted, and asks for digits and for a sign of life.
import { SipClient } from '@strowger/sip-client';
import { answerCalls } from '@strowger/voice-agent';

const desk = new SipClient({
  uri: 'sip:desk@127.0.0.1',
  media: { speech: { beginMs: 40, endMs: 300 } }, // listens for speech
});
const prompt = { type: 'tone', frequencyHz: 440, levelDbm0: -20 } as const; // in earnest a file, or words
answerCalls(desk, async (talk) => {
  const said = await talk.say(prompt, { bargeIn: 'speech' });
  console.log(`cut by ${said.cutBy}`); // prints: cut by speech
  const spoken = await talk.gather({ speech: true });
  console.log(`heard ${spoken.kind}`); // prints: heard speech
  const account = await talk.gather({ prompt, digits: { most: 6 } });
  console.log(account.kind === 'digits' && account.digits); // prints: 4711
  const more = await talk.gather({ speech: true, timeoutMs: 500 });
  console.log(more.kind); // prints: nothing
});

const alice = new SipClient({ uri: 'sip:alice@127.0.0.1' });
const call = await alice.call(await desk.contact());
await call.connected;
const voice = { type: 'tone', frequencyHz: 300, levelDbm0: -10 } as const;
setTimeout(() => call.play(voice, { durationMs: 600 }), 500);
setTimeout(() => void call.sendDigits('4711#').catch(() => {}), 2500);
const reason = await call.ended;
console.log(reason.kind); // prints: hungUp
await Promise.all([alice.close(), desk.close()]);
