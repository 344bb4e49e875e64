// A thread of the spread UAS: answers INVITE and BYE.
import { nodeRuntime } from '@strowger/runtime';
import { DialogLayer } from '@strowger/dialog-core';
import { joinCallThreads } from '@strowger/sip-transport';
import { workerData } from 'node:worker_threads';

const runtime = nodeRuntime();
let dialogs;
const sender = await joinCallThreads({
  runtime,
  transport: workerData.transport,
  onMessage: (inbound) => dialogs?.receive(inbound),
});
const work = workerData.work ?? 0;
dialogs = new DialogLayer({
  runtime,
  sender,
  user: {
    onInvite(invite) {
      const until = performance.now() + work;
      while (performance.now() < until);
      const dialog = invite.accept({ body: { type: 'application/sdp', content: workerData.sdp } });
      dialog.user = { onBye() {}, onReinvite() {}, onRequest() {}, onEnded() {} };
    },
    onRequest() {},
  },
});
