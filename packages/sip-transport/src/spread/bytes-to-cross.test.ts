import { serializeMessage, SipRequest, uri } from '@strowger/sip-message';
import { expect, it } from 'vitest';
import { bytesToCross } from './bytes-to-cross.ts';

it('takes nothing to another thread but the message', () => {
  const message = new SipRequest({
    method: 'OPTIONS',
    uri: uri('sip:bob@bob.example'),
    headers: [['Call-ID', 'c1']],
  });
  const bytes = bytesToCross(message);
  expect(Buffer.from(bytes)).toEqual(Buffer.from(serializeMessage(message)));
  expect(bytes.buffer.byteLength).toBe(bytes.length);
});
