// Two endpoints that talk SRTP (RFC 3711) or not at all.
import { createMediaEngine, toneShare } from '@strowger/media-core';

const engine = createMediaEngine({
  address: '127.0.0.1',
  ports: { from: 42_200, to: 42_299 },
  srtp: 'required',
});
const onEvent = (): void => {};
const caller = await engine.openEndpoint({ label: 'caller', onEvent });
const callee = await engine.openEndpoint({ label: 'callee', onEvent });
const offer = await caller.createOffer();
console.log(/m=audio \d+ (\S+)/.exec(offer)?.[1]); // prints: RTP/SAVP
await caller.acceptAnswer(await callee.acceptOffer(offer));

caller.play({ type: 'tone', frequencyHz: 440 });
for await (const { samples, sampleRate } of callee.audioIn()) {
  if (toneShare(samples, sampleRate, 440) < 0.9) continue;
  console.log('heard'); // prints: heard
  break;
}

const plain = offer.replace('RTP/SAVP', 'RTP/AVP').replace(/a=crypto.*\r\n/g, '');
const third = await engine.openEndpoint({ label: 'third', onEvent });
await third.acceptOffer(plain).catch((error) => console.log(error.code)); // prints: MEDIA_NOT_ENCRYPTED
await engine.close();
