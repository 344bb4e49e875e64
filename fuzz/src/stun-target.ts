import { Buffer } from 'node:buffer';
// the STUN of keep-alives is no export of its package: it is fuzzed where it stands
import {
  bindingRequest,
  bindingSuccess,
  isStun,
  readStun,
  unknownAttributes,
} from '../../packages/sip-transport/src/stun.ts';
import { promise, type Target } from './target.ts';

const TRANSACTION = 'abcdefghijkl';

/** A datagram on a SIP port that could be a keep-alive. */
export const stun: Target = {
  seeds: [
    bindingRequest(TRANSACTION),
    bindingSuccess(TRANSACTION, { address: '192.0.2.1', port: 5060 }),
    bindingSuccess(TRANSACTION, { address: '2001:db8::1', port: 5060 }),
    unknownAttributes(TRANSACTION, [0x0003, 0x0006]),
  ],
  run(bytes) {
    if (!isStun(bytes)) return;
    const message = readStun(bytes);
    if (message === undefined) return;
    promise(message.transaction.length === 12, 'a transaction has not 12 bytes');
    const answer = unknownAttributes(message.transaction, message.unknown);
    promise(isStun(answer) && readStun(answer) !== undefined, 'our answer is no STUN');
    if (message.mapped === undefined) return;
    const again = bindingSuccess(message.transaction, message.mapped);
    const read = readStun(Buffer.from(again))?.mapped;
    promise(read?.address === message.mapped.address, 'an address changes on its way');
    promise(read.port === message.mapped.port, 'a port changes on its way');
  },
};
