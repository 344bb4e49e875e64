import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { TransactionLayer } from '@strowger/transaction-core';
import { expect, it } from 'vitest';

const nothing = { onAck() {}, onStrayResponse() {} };
const unheard = { onResponse() {}, onTimeout() {}, onTransportError() {} };

function request(method: string, to: string): SipRequest {
  return new SipRequest({
    method,
    uri: uri(`sip:${to}`),
    headers: [
      ['From', '<sip:a@a>;tag=1'],
      ['To', `<sip:${to}>`],
      ['Call-ID', `${method}-${to}`],
      ['CSeq', `1 ${method}`],
    ],
  });
}

it('sends the 487 before anything that the owner sends on account of the CANCEL', async () => {
  const simulation = createSimulation({ seed: 1 });
  const alice = simulation.network.host('alice');
  const bob = simulation.network.host('bob');
  const caller = new TransactionLayer({
    runtime: alice.runtime,
    sender: alice,
    user: { ...nothing, onRequest: (one) => one.respond(createResponse(one.request, 200)) },
  });
  const callee = new TransactionLayer({
    runtime: bob.runtime,
    sender: bob,
    user: {
      ...nothing,
      onRequest: (one) => {
        one.user = {
          onCancel: () => {
            one.respond(createResponse(one.request, 487));
            callee.request(request('OPTIONS', 'alice'), unheard);
          },
        };
      },
    },
  });
  alice.receive = (inbound) => caller.receive(inbound);
  bob.receive = (inbound) => callee.receive(inbound);
  const invite = caller.request(request('INVITE', 'bob'), unheard);
  simulation.clock.arm(500, () => invite.cancel());
  await simulation.run(511);
  expect(simulation.ladder()).toMatchInlineSnapshot(`
    "     0 alice --> bob  INVITE
       210 bob --> alice  100
       500 alice --> bob  CANCEL
       510 bob --> alice  200
       510 bob --> alice  487
       510 bob --> alice  OPTIONS"
  `);
});
