// A telephone in a web page: it registers, calls, is called, mutes, holds, dials and hangs up.
import { type Call, callAudio, SipClient } from '@strowger/sip-client/browser';

document.body.innerHTML = `
  <form id="account">
    <input id="server" value="wss://127.0.0.1:8443/sip">
    <input id="uri" value="sip:alice@127.0.0.1">
    <input id="password" type="password">
    <button>Register</button>
  </form>
  <form id="dial"><input id="target" value="*43"><button>Call</button></form>
  <div id="keys">${[...'123456789*0#'].map((key) => `<button>${key}</button>`).join('')}</div>
  <button id="mute">Mute</button> <button id="hold">Hold</button>
  <button id="hang-up">Hang up</button>
  <p id="state">not registered</p>`;

const field = (id: string): string =>
  document.querySelector<HTMLInputElement>(`#${id}`)?.value ?? '';
const show = (text: string): void => document.querySelector('#state')?.replaceChildren(text);
const on = (id: string, event: string, act: (event: Event) => unknown): void => {
  document.querySelector(`#${id}`)?.addEventListener(event, async (happened) => {
    happened.preventDefault();
    try {
      await act(happened);
    } catch (error) {
      show(String(error)); // NO_ROUTE, REGISTRATION_REFUSED, MEDIA_NO_MICROPHONE, …
    }
  });
};

let client: SipClient | undefined;
let call: Call | undefined;

on('account', 'submit', async () => {
  await client?.close();
  client = new SipClient({
    server: field('server'),
    uri: field('uri'),
    password: field('password'),
  });
  client.on('incoming', (incoming) => {
    incoming.ring();
    if (confirm(`${incoming.remote} calls`)) void talk(incoming, incoming.answer());
    else incoming.reject();
  });
  await client.register();
  show('registered');
});

on('dial', 'submit', async () => {
  const outgoing = await client?.call(field('target'));
  if (outgoing !== undefined) await talk(outgoing, outgoing.connected);
});

on('keys', 'click', ({ target }) => call?.sendDigits((target as HTMLElement).textContent));
on('mute', 'click', () => call && callAudio(call).mute(!callAudio(call).isMuted));
on('hold', 'click', () => (call?.state === 'onHold' ? call.resume() : call?.hold()));
on('hang-up', 'click', () => call?.hangUp());

/** Shows how it goes, and at last how it ended. */
async function talk(next: Call, connected: Promise<void>): Promise<void> {
  call = next;
  show(`${next.remote}: …`);
  void connected.then(
    () => show(`${next.remote}: talking`),
    () => {}, // `ended` says why
  );
  const { kind } = await next.ended;
  show(`${next.remote}: ${kind}`);
}
