// A phone that calls the echo, says a tone for as long as it lives, and tells when it hears that.
// It is told nothing of the network: it finds out by itself.
//   node moving-phone.mjs SERVER TRANSPORT ICE
import { toneShare } from '@strowger/media-core';
import { SipClient } from '@strowger/sip-client';

const [, , server = '', transport = 'udp', ice = 'off'] = process.argv;
const client = new SipClient({
  uri: `sip:alice@${server}`,
  password: 'pw-alice',
  transport,
  media: { codecs: ['pcmu'], ice },
});
client.on('registration', ({ type }) => console.log(type));
client.on('networkChanged', ({ address }) => console.log(`moved ${address}`));
await client.register();
const call = await client.call('*43');
await call.connected;
void talk();
call.session.on('mediaRecovered', () => void talk());
void call.ended.then(({ kind, by }) => console.log(`ended ${kind} by ${by}`));

/** Once for each endpoint. */
async function talk() {
  const { local } = (await call.stats()) ?? {};
  call.play({ type: 'tone', frequencyHz: 440 }).finished.catch(() => {});
  let run = 0;
  for await (const { samples, sampleRate } of call.audioIn()) {
    run = toneShare(samples, sampleRate, 440) > 0.8 ? run + 1 : 0;
    if (run === 20) console.log(`hears ${local?.address}`);
  }
}

process.on('SIGTERM', async () => {
  await client.close();
  console.log('closed');
});
