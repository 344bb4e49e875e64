import { describe, expect, it } from 'vitest';
import { readAccount, targetUri } from './account.ts';

const account = readAccount({ uri: 'sip:alice@pbx.example:5070' });

describe('an account', () => {
  it('registers at the domain of its address, over UDP unless it says otherwise', () => {
    expect(account.registrar.toString()).toBe('sip:pbx.example:5070');
    expect(account.server.toString()).toBe('sip:pbx.example:5070;transport=udp');
    expect(account.identity.toString()).toBe('<sip:alice@pbx.example:5070>');
    const near = { uri: 'sip:alice@pbx.example', server: 'sip:127.0.0.1' };
    expect(readAccount({ ...near, transport: 'tcp' }).server.toString()).toBe(
      'sip:127.0.0.1;transport=tcp',
    );
    const named = { ...near, server: 'sip:127.0.0.1;transport=tcp', displayName: 'Alice A' };
    expect(readAccount(named).server.toString()).toBe('sip:127.0.0.1;transport=tcp');
    expect(readAccount(named).identity.toString()).toBe('"Alice A" <sip:alice@pbx.example>');
  });

  it('has credentials only where there is a password', () => {
    expect(account.credentials).toBeUndefined();
    const login = { uri: 'sip:alice@pbx.example', username: 'a17', password: 'x' };
    expect(readAccount(login).credentials?.('any')).toEqual({ username: 'a17', password: 'x' });
  });
});

describe('a target', () => {
  it.each([
    ['bob', 'sip:bob@pbx.example:5070'],
    ['*43', 'sip:*43@pbx.example:5070'],
    ['+49 12#', 'sip:+49%2012%23@pbx.example:5070'],
    ['bob@elsewhere.example', 'sip:bob@elsewhere.example'],
    ['sip:bob@[::1]:5080;transport=tcp', 'sip:bob@[::1]:5080;transport=tcp'],
    ['sips:bob@elsewhere.example', 'sips:bob@elsewhere.example'],
  ])('%s is %s', (text, whole) => expect(targetUri(text, account).toString()).toBe(whole));

  it.each(['', 'tel:+4912', 'mailto:bob@pbx.example', 'sip:', 'bob@', 'sip:bob@a b'])(
    '"%s" cannot be called',
    (text) =>
      expect(() => targetUri(text, account)).toThrow(
        expect.objectContaining({ code: 'BAD_TARGET' }),
      ),
  );
});
