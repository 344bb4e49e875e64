import { Headers } from '@strowger/sip-message';
import { expect, it } from 'vitest';
import { allowsUpdate } from './allow.ts';
import { lists } from './rseq.ts';

it.each([
  'UPDATE',
  'INVITE, ACK,UPDATE',
  'UPDATE,BYE',
  'INVITE, UPDATED, XUPDATE',
  'INVITE,  UPDATE',
  'invite, update',
  'INVITE , UPDATE',
  '',
  'INVITE,,UPDATE',
  'INVITE UPDATE',
])('reads Allow: %s as the grammar does', (text) => {
  const headers = new Headers([['Allow', text]]);
  const methods = headers.get('allow');
  expect(allowsUpdate(headers)).toBe(methods === undefined ? undefined : lists(methods, 'update'));
});

it('reads several fields, and none', () => {
  const two = new Headers([
    ['Allow', 'INVITE'],
    ['Allow', 'UPDATE'],
  ]);
  expect(allowsUpdate(two)).toBe(true);
  expect(allowsUpdate(new Headers())).toBeUndefined();
});
