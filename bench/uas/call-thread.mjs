// A thread of a UAS whose calls are spread: answers INVITE and BYE, each call some work.
import { workerData } from 'node:worker_threads';
import { DialogLayer } from '@strowger/dialog-core';
import { nodeRuntime } from '@strowger/runtime';
import { joinCallThreads } from '@strowger/sip-transport';

const runtime = nodeRuntime();
const dialogs = [];
const sender = await joinCallThreads({
  runtime,
  transport: workerData.transport,
  onMessage: (inbound) => dialogs.forEach((layer) => layer.receive(inbound)),
});
dialogs.push(
  new DialogLayer({
    runtime,
    sender,
    user: {
      onInvite(invite) {
        const until = performance.now() + workerData.workMs;
        while (performance.now() < until);
        invite.accept({ body: { type: 'application/sdp', content: workerData.sdp } });
      },
      onRequest() {},
    },
  }),
);
