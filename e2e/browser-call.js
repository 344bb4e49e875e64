// Runs in Chromium: a call of JsSIP's, and what was heard in it.

/** A microphone as it is: an echo of ours is what we want to hear. */
export const AS_IT_IS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/** Calls `target`, talks, hangs up. */
export function placeCall(ua, { target, ...talk }) {
  return talking(talk, (options) => ua.call(`${target}`, options));
}

/** Waits for a call, and takes it. */
export function answerCall(ua, talk) {
  return new Promise((resolve, reject) => {
    ua.once('newRTCSession', ({ session, originator }) => {
      if (originator !== 'remote') return;
      talking(talk, (options) => {
        session.answer(options);
        return session;
      }).then(resolve, reject);
    });
  });
}

/** Calls `target`, holds it, calls `transferTo`, and connects the two by REFER with Replaces. */
export async function transferCall(ua, { target, transferTo }) {
  const call = (uri) => confirmed((options) => ua.call(uri, options));
  const first = await call(target);
  await new Promise((resolve) => first.hold({}, resolve));
  const second = await call(transferTo);
  const ended = [first, second].map(
    (one) => new Promise((resolve) => one.on('ended', ({ originator }) => resolve(originator))),
  );
  const transferred = await new Promise((resolve) => {
    first.refer(second.remote_identity.uri, {
      replaces: second,
      eventHandlers: {
        requestFailed: ({ cause }) => resolve(cause),
        failed: ({ status_line: { status_code: status } }) => resolve(String(status)),
        accepted: ({ status_line: { status_code: status } }) => resolve(String(status)),
      },
    });
  });
  return { transferred, endedBy: await Promise.all(ended) };
}

/** A call once it is answered. */
async function confirmed(begin, codec) {
  const session = begin({
    mediaConstraints: { audio: AS_IT_IS, video: false },
    pcConfig: { iceServers: [] },
  });
  session.on('sdp', (event) => {
    if (codec && event.originator === 'local') event.sdp = onlyWith(event.sdp, codec);
  });
  await new Promise((resolve, reject) => {
    session.on('failed', ({ cause }) => reject(new Error(`the call failed: ${cause}`)));
    session.on('confirmed', resolve);
  });
  return session;
}

async function talking({ talkMs = '4000', codec, listenFor = '440' }, begin) {
  const session = await confirmed(begin, codec);
  const heardFor = await listen(session.connection, Number(listenFor), Number(talkMs));
  const stats = [...(await session.connection.getStats()).values()];
  session.terminate();
  return { call: { heardFor, ...summary(stats) } };
}

/** For how many seconds a frequency dominated what came in. */
export async function listen(connection, hz, ms) {
  const [{ track }] = connection.getReceivers();
  const stream = new MediaStream([track]);
  const sink = new Audio(); // without one Chromium decodes nothing
  sink.srcObject = stream;
  sink.muted = true;
  void sink.play();
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 4096;
  analyser.smoothingTimeConstant = 0;
  context.createMediaStreamSource(stream).connect(analyser);
  await context.resume();
  const bins = new Float32Array(analyser.frequencyBinCount);
  const width = context.sampleRate / analyser.fftSize;
  let heard = 0;
  for (let passed = 0; passed < ms; passed += 100) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    analyser.getFloatFrequencyData(bins);
    const loudest = bins.indexOf(Math.max(...bins));
    if (bins[loudest] > -60 && Math.abs(loudest * width - hz) < 2 * width) heard++;
  }
  return heard / 10;
}

export function summary(stats) {
  const of = (type, extra = () => true) => stats.find((one) => one.type === type && extra(one)) ?? {};
  const incoming = of('inbound-rtp');
  const transport = of('transport');
  const pair = of('candidate-pair', ({ id }) => id === transport.selectedCandidatePairId);
  const type = (id) => of('local-candidate', (one) => one.id === id).candidateType ??
    of('remote-candidate', (one) => one.id === id).candidateType;
  return {
    codec: of('codec', ({ id }) => id === incoming.codecId).mimeType,
    srtpCipher: transport.srtpCipher,
    tlsVersion: transport.tlsVersion,
    dtlsRole: transport.dtlsRole,
    candidates: `${type(pair.localCandidateId)} ${type(pair.remoteCandidateId)}`,
    packetsReceived: incoming.packetsReceived,
    packetsSent: of('outbound-rtp').packetsSent,
    packetsLost: incoming.packetsLost,
  };
}

/** A description whose audio has one codec alone, and digits. */
function onlyWith(sdp, codec) {
  const lines = sdp.split('\r\n');
  const kept = lines.flatMap((line) => {
    const [, number, name] = /^a=rtpmap:(\d+) ([^/]+)/.exec(line) ?? [];
    return name === codec || name === 'telephone-event' ? [number] : [];
  });
  return lines
    .map((line) => line.replace(/^(m=audio \d+ \S+) .*/, `$1 ${kept.join(' ')}`))
    .filter((line) => {
      const [, number] = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line) ?? [];
      return number === undefined || kept.includes(number);
    })
    .join('\r\n');
}
