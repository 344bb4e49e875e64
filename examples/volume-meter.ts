// Audio as Web Streams: a program listens to a call, and says back half as loud what it heard.
import { levelDbm0 } from '@strowger/media-core';
import type { PcmFrame } from '@strowger/session-core';
import { SipClient } from '@strowger/sip-client';

const halfAsLoud = (): TransformStream<PcmFrame, PcmFrame> =>
  new TransformStream({
    transform(frame, controller) {
      controller.enqueue({ ...frame, samples: frame.samples.map((sample) => sample / 2) });
    },
  });

const program = new SipClient({ uri: 'sip:program@127.0.0.1' });
program.on('incoming', async (call) => {
  await call.answer();
  await call
    .audioIn()
    .pipeThrough(halfAsLoud())
    .pipeTo(call.audioOut())
    .catch(() => {}); // the call is over
});

const caller = new SipClient({ uri: 'sip:alice@127.0.0.1' });
const call = await caller.call(await program.contact());
await call.connected;
call.play({ type: 'tone', frequencyHz: 440, levelDbm0: -10 });
for await (const { samples } of call.audioIn()) {
  const level = levelDbm0(samples);
  if (Math.abs(level - -16) > 1) continue; // until the tone is there
  console.log('said at -10 dBm0, heard at -16'); // prints: said at -10 dBm0, heard at -16
  break;
}
await call.hangUp();
await Promise.all([caller.close(), program.close()]);
