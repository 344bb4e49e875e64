// Runs in Chromium: a call of SIP.js', held and taken back, and what was heard in it.
import { Inviter, SessionState, UserAgent } from 'sip.js';
import { AS_IT_IS, listen, summary } from './browser-call.js';

const constraints = { audio: AS_IT_IS, video: false };

/** Calls `target`, talks, holds, resumes, hangs up. */
export async function placeSipJsCall(ua, { target, talkMs = '4000', listenFor = '440' }) {
  const call = new Inviter(ua, UserAgent.makeURI(target), {
    sessionDescriptionHandlerOptions: { constraints },
  });
  const becomes = (state) =>
    new Promise((resolve) => call.stateChange.addListener((now) => now === state && resolve()));
  const established = becomes(SessionState.Established);
  const refused = new Promise((_, reject) => {
    const onReject = ({ message }) => reject(new Error(`the call failed: ${message.statusCode}`));
    call.invite({ requestDelegate: { onReject } }).catch(reject);
  });
  await Promise.race([established, refused]);
  const { peerConnection } = call.sessionDescriptionHandler;
  const direction = () => peerConnection.getTransceivers()[0].currentDirection;
  const heardFor = await listen(peerConnection, Number(listenFor), Number(talkMs));
  await change(call, true);
  const held = direction();
  await change(call, false);
  const resumed = direction();
  const stats = [...(await peerConnection.getStats()).values()];
  const terminated = becomes(SessionState.Terminated);
  await call.bye();
  await terminated;
  return { call: { heardFor, held, resumed, ...summary(stats) } };
}

function change(call, hold) {
  return new Promise((resolve, reject) => {
    const onReject = ({ message }) => reject(new Error(`hold: ${message.statusCode}`));
    const requestDelegate = { onAccept: () => setTimeout(resolve, 300), onReject };
    const sessionDescriptionHandlerOptions = { hold, constraints };
    call.invite({ requestDelegate, sessionDescriptionHandlerOptions }).catch(reject);
  });
}
