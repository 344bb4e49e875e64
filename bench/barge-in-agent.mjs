// The agent of `barge-in.mjs`: says something that never ends, and is interrupted again and again.
export default async (talk) => {
  const endless = { type: 'tone', frequencyHz: 440, levelDbm0: -20 };
  for (;;) {
    await talk.say(endless, { bargeIn: 'speech' });
    await talk.gather({ speech: true, timeoutMs: 200 });
  }
};
