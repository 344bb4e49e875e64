// Runs in Chromium: registers with JsSIP or SIP.js as the page's query says, asks OPTIONS, reports.
import JsSIP from 'jssip';
import { answerCall, placeCall, transferCall } from './browser-call.js';
import { placeSipJsCall } from './browser-sipjs.js';
import { Registerer, RegistererState, UserAgent } from 'sip.js';

const received = [];
const Native = window.WebSocket;
window.WebSocket = class extends Native {
  constructor(...args) {
    super(...args);
    this.addEventListener('message', async ({ data }) => {
      received.push(typeof data === 'string' ? data : await new Response(data).text());
    });
  }
};

const errand = Object.fromEntries(new URLSearchParams(location.search));
const run = errand.library === 'jssip' ? runJsSip : runSipJs;
void run(errand)
  .catch((error) => ({ outcome: String(error?.message ?? error) }))
  .then((report) => {
    const body = JSON.stringify({ ...report, received });
    return fetch(`/report?run=${errand.run}`, { method: 'POST', body });
  });

function runJsSip({ server, user, password, call, ...talk }) {
  const ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(server)],
    uri: `sip:${user}@127.0.0.1`,
    authorization_user: user,
    password,
    register: true,
  });
  return new Promise((resolve) => {
    ua.on('registrationFailed', ({ cause }) => resolve({ outcome: cause }));
    ua.on('disconnected', ({ code, error }) => resolve({ outcome: `disconnected ${code ?? error}` }));
    const report = (told) => resolve({ outcome: 'registered', ...told });
    const failed = (error) => resolve({ outcome: String(error?.message ?? error) });
    ua.on('registered', async () => {
      await fetch(`/state?run=${errand.run}&state=registered`, { method: 'POST' });
      if (call === 'wait') return answerCall(ua, talk).then(report, failed);
      const place = talk.transferTo ? transferCall : placeCall;
      if (call) return place(ua, { ...talk, target: call }).then(report, failed);
      ua.sendOptions('sip:127.0.0.1', '', {
        eventHandlers: {
          succeeded: ({ response }) => leave(response.status_code),
          failed: ({ response }) => leave(response?.status_code ?? 0),
        },
      });
    });
    const leave = (options) => {
      ua.on('unregistered', () => resolve({ outcome: 'registered', options }));
      ua.unregister();
    };
    ua.start();
  });
}

async function runSipJs({ server, user, password, call, ...talk }) {
  const ua = new UserAgent({
    uri: UserAgent.makeURI(`sip:${user}@127.0.0.1`),
    transportOptions: { server },
    authorizationUsername: user,
    authorizationPassword: password,
    logLevel: 'error',
    sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
  });
  await ua.start();
  const registerer = new Registerer(ua);
  const becomes = (state) =>
    new Promise((resolve) => {
      registerer.stateChange.addListener((now) => now === state && resolve());
    });
  const registered = becomes(RegistererState.Registered);
  const rejected = new Promise((resolve) => {
    const onReject = ({ message }) => resolve(message.statusCode);
    void registerer.register({ requestDelegate: { onReject } });
  });
  const status = await Promise.race([registered, rejected]);
  if (status !== undefined) return { outcome: `rejected ${status}` };
  if (call) {
    const told = await placeSipJsCall(ua, { ...talk, target: call });
    return { outcome: 'registered', ...told };
  }
  const options = await new Promise((resolve) => {
    const target = UserAgent.makeURI('sip:127.0.0.1');
    const from = UserAgent.makeURI(`sip:${user}@127.0.0.1`);
    const request = ua.userAgentCore.makeOutgoingRequestMessage('OPTIONS', target, from, target, {});
    const tell = ({ message }) => resolve(message.statusCode);
    ua.userAgentCore.request(request, { onAccept: tell, onReject: tell });
  });
  const unregistered = becomes(RegistererState.Unregistered);
  await registerer.unregister();
  await unregistered;
  return { outcome: 'registered', options };
}
