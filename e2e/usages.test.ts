import {
  DIALOG_INFO_TYPE,
  DialogLayer,
  formatDialogInfo,
  referToReplacing,
} from '@strowger/dialog-core';
import { nodeRuntime } from '@strowger/runtime';
import { NameAddr, uri } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers, isListening, until, workFolder } from './lab.ts';
import { shows } from './shows.ts';
import { sippInBackground } from './sipp.ts';

const PORT = 5066;
const at = (port: number): string[] => ['-i', '127.0.0.1', '-p', String(port), '-m', '1'];
const dialogInfo = (...states: ('confirmed' | 'early')[]) => ({
  type: DIALOG_INFO_TYPE,
  content: formatDialogInfo({
    version: states.length,
    state: 'full',
    entity: 'sip:bob@127.0.0.1',
    dialogs: states.map((state, id) => ({ id: `${id}`, state })),
  }),
});

describeWithPeers(['sipp', 'ss'], 'a dialog layer and sipp', () => {
  const folder = workFolder('usages');
  const runtime = nodeRuntime();
  const ended: string[] = [];
  const transport: TransportLayer = new TransportLayer({
    runtime,
    listen: [`udp:127.0.0.1:${PORT}`],
    onMessage: (inbound) => layer.receive(inbound),
  });
  const layer: DialogLayer = new DialogLayer({
    runtime,
    sender: transport,
    contactUser: 'bob',
    events: { packages: ['dialog'] },
    user: {
      onInvite: (invite) => invite.reject(486),
      onRequest: (transaction) => layer.answerOptions(transaction),
      onSubscribe(subscribe) {
        const watcher = subscribe.accept({
          user: {
            content: () => dialogInfo(),
            onEnded: ({ kind }) => ended.push(kind),
          },
        });
        watcher.notify(dialogInfo('confirmed'));
      },
    },
  });

  beforeAll(() => transport.start());
  afterAll(async () => {
    layer.close();
    await transport.close();
  });

  it('is subscribed to, notifies the whole state and a change, and is unsubscribed from', async () => {
    const args = [`127.0.0.1:${PORT}`, ...at(5090), '-s', 'bob'];
    const watcher = sippInBackground(folder, 'watcher', args, 30);
    expect(await watcher.ended).toBe(0);
    expect(ended).toEqual(['unsubscribed']);
    await until('nothing is left', () => layer.counts().subscriptions === 0);
    shows('sipp', 'Signalling: SUBSCRIBE and NOTIFY');
  }, 40_000);

  it('transfers with Replaces and is told the outcome after its BYE', async () => {
    const transferee = sippInBackground(folder, 'transferee', at(5091), 30);
    await until('sipp listens', () => isListening(5091));
    const heard: string[] = [];
    await new Promise<void>((resolve, reject) => {
      layer.invite(
        {
          to: uri('sip:transferee@127.0.0.1:5091'),
          from: new NameAddr({ uri: uri('sip:bob@127.0.0.1') }),
          body: { type: 'application/sdp', content: 'v=0\r\n' },
        },
        {
          onAccepted(_, dialog) {
            dialog.ack();
            dialog.refer(
              { referTo: referToReplacing(dialog) },
              {
                onProgress(status) {
                  heard.push(`${status}`);
                  // sipp takes the 200 to its NOTIFY first, and nothing else
                  if (status === 100) runtime.clock.arm(200, () => dialog.bye());
                },
                onEnded(end) {
                  heard.push(end.kind);
                  resolve();
                },
              },
            );
          },
          onRejected: ({ status }) => reject(new Error(`refused with ${status}`)),
          onFailed: ({ kind }) => reject(new Error(kind)),
        },
      );
    });
    expect(heard).toEqual(['100', '200', 'finished']);
    expect(await transferee.ended).toBe(0);
    await until('nothing is left', () => layer.counts().subscriptions === 0);
    shows('sipp', 'Transfer: attended, as transferee');
  }, 40_000);
});
