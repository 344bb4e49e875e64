import { step } from '@strowger/runtime';
import { createResponse, SipRequest, type SipResponse, uri } from '@strowger/sip-message';
import { expect, it } from 'vitest';
import {
  type ResponseContext,
  type ResponseContextInput,
  type ResponseContextOutput,
  type ResponseContextState,
  responseContext,
} from './response-context-table.ts';

const request = new SipRequest({
  method: 'INVITE',
  uri: uri('sip:bob@pbx.example'),
  headers: [
    ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1'],
    ['From', '<sip:alice@pbx.example>;tag=1'],
    ['To', '<sip:bob@pbx.example>'],
    ['Call-ID', '1'],
    ['CSeq', '1 INVITE'],
  ],
});
const answer = (status: number): SipResponse => createResponse(request, status);
const context: ResponseContext = {
  isInvite: true,
  breadth: 60,
  maxBranches: 10,
  buildResponse: answer,
  dress: (best) => best,
};

/** The statuses that reach the caller. */
function heard(...inputs: ResponseContextInput[]): number[] {
  let state: ResponseContextState = { name: 'routing' };
  const statuses: number[] = [];
  for (const input of inputs) {
    const taken: ReturnType<
      typeof step<
        ResponseContextState,
        ResponseContextInput,
        ResponseContextOutput,
        ResponseContext
      >
    > = step(responseContext, state, input, context);
    if (taken === undefined) throw new Error(`${state.name} has no ${input.type}`);
    state = taken.next;
    for (const output of taken.outputs) {
      if (output.type === 'send') statuses.push(output.response.status);
    }
  }
  return statuses;
}

const ringing: ResponseContextInput = {
  type: 'routed',
  targets: [{ uri: uri('sip:bob@192.0.2.7') }],
  recurse: false,
};
const failure = (branch: number, status: number): ResponseContextInput => ({
  type: 'failure',
  branch,
  response: answer(status),
});

it('a 487 to our own CANCEL says that nobody was there (480)', () => {
  const timerC = { type: 'timerC', branch: 0 } as const;
  expect(heard(ringing, timerC, failure(0, 487))).toEqual([480]);
  expect(heard(ringing, { type: 'cancel' }, failure(0, 487))).toEqual([487]);
});
