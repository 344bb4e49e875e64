// Runs in Chromium: our own client, and what a test asks of it.
import { toneShare } from '@strowger/media-core';
import { callAudio, SipClient } from '@strowger/sip-client/browser';

/** A microphone as it is: an echo of ours is what we want to hear. */
const AS_IT_IS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

const told = [];
let client;
let call;
let first;
const offers = [];

const take = (next) => {
  call = next;
  call.session.on('mediaSecured', (event) => told.push(event));
};

window.phone = {
  told,
  async start({ server, user, password, media = {} }) {
    client = new SipClient({
      uri: `sip:${user}@127.0.0.1`,
      password,
      server,
      media: { microphone: AS_IT_IS, ...media },
      onMessage: ({ direction, message }) => {
        const ufrag = /^a=ice-ufrag:(.+)$/mu.exec(message.text())?.[1];
        if (direction === 'sent' && message.method === 'INVITE' && ufrag) offers.push(ufrag);
      },
    });
    client.on('incoming', (incoming) => {
      take(incoming);
      incoming.ring();
      void incoming.answer();
    });
    return client.register();
  },
  async call(target) {
    take(await client.call(target));
    await call.connected;
  },
  state: () => call?.state,
  early: () => call?.session.earlyMedia === true,
  /** The ICE credentials of its offers, one after the other. */
  offers: () => offers,
  restartIce: () => call.session.restartIce(),
  /** What a browser tells when it is on line again. */
  networkChanges: () =>
    new Promise((resolve) => {
      call.session.on('mediaRecovered', resolve);
      window.dispatchEvent(new Event('online'));
    }),
  /** Asks somebody else first, with the first call on hold. */
  async consult(target) {
    first = call;
    await first.hold();
    await this.call(target);
  },
  /** Joins the two that it talks with. */
  async transferToOther() {
    const transfer = await first.transfer(call);
    return transfer.outcome;
  },
  firstEnded: () => first.ended,
  direction: () => call.session.mediaDirection,
  hold: () => call.hold(),
  resume: () => call.resume(),
  hangUp: () => call.hangUp(),
  ended: () => call.ended,
  stats: () => call.stats(),
  digits: (digits, options) => call.sendDigits(digits, options),
  mute: (muted) => callAudio(call).mute(muted),
  /** Its side of the call, not the microphone alone. */
  hush: (hushed) => (hushed ? call.mute() : call.unmute()),
  speak: (...codecs) => call.session.changeCodecs(codecs),
  play: (source, options) => call.play(source, options).finished,
  clear: () => call.clear(),
  mark: (name) => call.mark(name),
  async transfer(target) {
    const transfer = await call.transfer(target);
    return transfer.outcome;
  },
  /** Says a tone as a program would, frame by frame. */
  async say(hz, ms) {
    const writer = call.audioOut().getWriter();
    const sampleRate = 16_000;
    for (let at = 0; at < ms; at += 20) {
      const samples = Int16Array.from({ length: 320 }, (_, index) =>
        Math.round(8000 * Math.sin((2 * Math.PI * hz * (at * 16 + index)) / sampleRate)),
      );
      await writer.write({ samples, sampleRate, timestamp: at * 16 });
    }
    await writer.close();
  },
  /** For how many milliseconds of these a frequency dominated what came. */
  async heardFor(hz, ms, sampleRate = 8000) {
    let heard = 0;
    let passed = 0;
    for await (const frame of readAll(call.audioIn({ sampleRate }))) {
      if (toneShare(frame.samples, frame.sampleRate, hz) > 0.8) heard += 20;
      passed += 20;
      if (passed >= ms) break;
    }
    return heard;
  },
  close: () => client.close(),
};

async function* readAll(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
