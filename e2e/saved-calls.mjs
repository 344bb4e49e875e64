// A user agent that saves its calls in a folder at every change, and goes on with those that it
// finds there. It takes every call. Calls from `ours` are continued by us: re-INVITE, INFO, BYE.
//   node saved-calls.mjs PORT FOLDER
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DialogLayer } from '@strowger/dialog-core';
import { nodeRuntime } from '@strowger/runtime';
import { createResponse } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';

const [, , port = '5060', folder = '.'] = process.argv;
const runtime = nodeRuntime();
const body = {
  type: 'application/sdp',
  content: [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=audio 4000 RTP/AVP 0',
    '',
  ].join('\r\n'),
};
const ok = (transaction) => transaction.respond(createResponse(transaction.request, 200));
const fileOf = ({ id }) =>
  join(
    folder,
    `${createHash('sha256').update(JSON.stringify(id)).digest('hex').slice(0, 32)}.json`,
  );

/** A file is there whole or not at all. */
function save(dialog) {
  const file = fileOf(dialog);
  if (dialog.state === 'terminated') return rmSync(file, { force: true });
  writeFileSync(`${file}.new`, JSON.stringify(dialog.snapshot()));
  renameSync(`${file}.new`, file);
}

const userOf = (dialog) => ({
  onReinvite: (reinvite) => reinvite.accept({ body }),
  onRequest: ok,
  onEnded: (end) => console.log(`ended ${dialog().id.callId} ${end.kind} ${end.by ?? ''}`),
});

const transport = new TransportLayer({
  runtime,
  listen: [`udp:127.0.0.1:${port}`],
  onMessage: (inbound) => layer.receive(inbound),
});
const layer = new DialogLayer({
  runtime,
  sender: transport,
  contactUser: 'saved',
  user: {
    onInvite(invite) {
      const dialog = invite.accept({ body });
      dialog.user = userOf(() => dialog);
    },
    onRequest: ok,
    onDialogChanged: save,
  },
});
await transport.start();

for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
  const snapshot = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const dialog = layer.restore(
    snapshot,
    userOf(() => dialog),
  );
  console.log(`restored ${snapshot.callId}`);
  if (dialog.remoteUri.user === 'ours') goOn(dialog);
}
console.log('ready');

function goOn(dialog) {
  const failed = (what) => (reason) =>
    console.log(`failed ${dialog.id.callId} ${what} ${reason.status ?? reason.kind}`);
  const inform = () =>
    dialog.request(
      'INFO',
      {},
      {
        onResponse: ({ status }) => (status === 200 ? dialog.bye() : failed('INFO')({ status })),
        onFailed: failed('INFO'),
      },
    );
  dialog.reinvite(
    { body },
    {
      onAccepted() {
        dialog.ack();
        inform();
      },
      onRejected: failed('re-INVITE'),
      onFailed: failed('re-INVITE'),
    },
  );
}

process.on('SIGTERM', async () => {
  console.log(`left ${JSON.stringify(layer.counts())}`);
  layer.close();
  await transport.close();
});
