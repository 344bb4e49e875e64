import { networkInterfaces } from 'node:os';
import { nodeRuntime } from '@strowger/runtime';
import { drawLadder, scenario } from '@strowger/siplab';
import { expect, it } from 'vitest';
import type { FailedCall } from '../src/party.ts';
import type { PartySettings } from '../src/settings.ts';
import { openSockets, type OpenSockets } from '../src/sockets.ts';
import { Tally } from '../src/tally.ts';

const SETTINGS: PartySettings = {
  service: 'service',
  user: 'siplab',
  timeoutMs: 5000,
  pauseMs: 0,
  mediaPort: 4000,
  keys: {},
  lines: [],
};
const hasSix = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

it.runIf(hasSix)(
  'an address of IPv6 stands in brackets, where one listens and in a ladder',
  async () => {
    const failures: FailedCall[] = [];
    const open = (): Promise<OpenSockets> =>
      openSockets({
        runtime: nodeRuntime(),
        settings: SETTINGS,
        tally: new Tally(),
        transport: 'udp',
        listen: '[::1]:0',
        onFailure: (failed) => void failures.push(failed),
      });
    const busy = scenario('busy', {
      caller: async (call) => {
        call.invite();
        await call.answered();
      },
      callee: async (call) => {
        await call.expect('INVITE');
        call.respond(486);
        await call.expect('ACK');
      },
    });
    const [caller, callee] = [await open(), await open()];
    expect(callee.at).toMatch(/^\[::1\]:\d+$/);
    const served = callee.party.serve(busy.callee ?? expect.unreachable(), 1);
    await caller.party.place(busy.caller ?? expect.unreachable(), await caller.locate(callee.at));
    await served;
    await Promise.all([caller.close(), callee.close()]);
    expect(drawLadder(failures[0]?.rungs ?? [])).toContain(` ${callee.at}`);
  },
);
