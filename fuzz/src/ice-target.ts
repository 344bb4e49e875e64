import { seededRandom, VirtualClock } from '@strowger/runtime';
// what shares RTP's port is no export of its package: it is fuzzed where it stands
import { writeCheck } from '../../packages/media-core/src/ice/binding.ts';
import { IceSession } from '../../packages/media-core/src/ice/ice-session.ts';
import {
  ATTRIBUTES,
  errorCode,
  isStun,
  METHODS,
  readErrorCode,
  readStun,
  readUint32,
  readXorAddress,
  writeStun,
  xorAddress,
} from '../../packages/media-core/src/stun/index.ts';
import { promise, type Target } from './target.ts';

const NEAR = { ufrag: 'near', pwd: 'n'.repeat(22), lite: false, candidates: [] };
const FAR = { ufrag: 'farr', pwd: 'f'.repeat(22), lite: false, candidates: [] };
const BASE = { type: 'host', priority: 2_130_706_431 } as const;
const STRANGER = { address: '203.0.113.9', port: 9 };
const transaction = new Uint8Array(12).fill(7);

/** Nobody has the passwords: whatever passes for signed by them was not. */
function session(lite: boolean, onSelected: () => void): IceSession {
  const ice = new IceSession({
    clock: new VirtualClock(),
    random: seededRandom(1),
    family: 4,
    send() {},
    onSelected,
    onFailed() {},
  });
  ice.addBase(BASE);
  ice.configure({ local: { ...NEAR, lite }, remote: FAR, controlling: true });
  return ice;
}

const check = {
  transaction,
  isControlling: false,
  tieBreaker: new Uint8Array(8),
  nominates: true,
};

/** A message of STUN on the port of RTP: checks of ICE, answers of STUN and TURN servers. */
export const ice: Target = {
  seeds: [
    // signed with another password than the session's, or any guess would be right
    writeCheck({ ...check, local: FAR, remote: { ...NEAR, pwd: 'x'.repeat(22) } }),
    writeStun({
      kind: 'success',
      method: METHODS.binding,
      transaction,
      attributes: [
        [
          ATTRIBUTES.xorMappedAddress,
          xorAddress({ address: '2001:db8::1', port: 40_000 }, transaction),
        ],
      ],
      hasFingerprint: true,
    }),
    writeStun({
      kind: 'error',
      method: METHODS.binding,
      transaction,
      attributes: [[ATTRIBUTES.errorCode, errorCode(487, 'Role Conflict')]],
    }),
  ],
  run(bytes) {
    if (!isStun(bytes)) return;
    const message = readStun(bytes);
    if (message === undefined) return;
    promise(message.transaction.length === 12, 'a transaction has not 12 bytes');
    const { kind, method, attributes } = message;
    for (const value of attributes.values()) {
      const address = readXorAddress(value, message.transaction);
      if (address) {
        const again = readXorAddress(xorAddress(address, message.transaction), message.transaction);
        promise(again?.port === address.port, 'a port changes on its way');
        promise(again.address === address.address, 'an address changes on its way');
      }
      readErrorCode(value);
      readUint32(value);
    }
    const written = writeStun({
      kind,
      method,
      transaction: message.transaction,
      attributes: [...attributes],
    });
    promise(readStun(written)?.kind === kind, 'what we wrote of it is another message');
    for (const lite of [false, true]) {
      let isSelected = false;
      const one = session(lite, () => (isSelected = true));
      one.receive(message, BASE, STRANGER);
      promise(!isSelected && !one.isVerified(STRANGER), 'a stranger has become the peer');
      one.close();
    }
  },
};
