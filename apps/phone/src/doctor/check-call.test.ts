import { nodeRuntime } from '@strowger/runtime';
import { SipClient } from '@strowger/sip-client';
import { expect, it } from 'vitest';
import { checkCall } from './check-call.ts';

it('a call whose sound cannot be had is a finding, and is hung up', async () => {
  const runtime = nodeRuntime();
  const alice = new SipClient({ uri: 'sip:alice@127.0.0.1', runtime });
  const bob = new SipClient({ uri: 'sip:bob@127.0.0.1', runtime });
  const calls = bob.incoming();
  const answered = calls.next().then(async ({ value }) => {
    await value?.answer();
    return value?.ended;
  });
  const client: Pick<SipClient, 'call'> = {
    call: async (...way) => {
      const call = await alice.call(...way);
      // somebody is faster than the doctor
      void call.connected.then(() => call.audioIn());
      return call;
    },
  };
  const { finding, codec } = await checkCall(client, await bob.contact(), runtime.clock);
  expect(finding).toMatchObject({ check: 'call', verdict: 'bad' });
  expect(finding.found).toContain('One audioIn() is open at a time');
  expect(codec).toBeUndefined();
  expect(await answered).toMatchObject({ kind: 'hungUp', by: 'remote' });
  await Promise.all([alice.close(), bob.close()]);
  expect(runtime.clock.armedTimers).toBe(0);
});
