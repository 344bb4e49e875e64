import { describe, expect, it } from 'vitest';
import { clientOptions } from './client-options.ts';
import { readCommandLine } from './command-line.ts';

const optionsOf = (line: string): unknown => clientOptions(readCommandLine(line.split(' '), {}));

describe('the client of a command', () => {
  it('is the account that was named', () => {
    expect(optionsOf('register -u alice@pbx.example -p x -s 127.0.0.1:5080 -t tcp')).toEqual({
      uri: 'sip:alice@pbx.example',
      password: 'x',
      server: 'sip:127.0.0.1:5080',
      transport: 'tcp',
      userAgent: 'strowger-phone',
    });
  });

  it.each([
    ['call sip:bob@[::1]:5070', 'sip:phone@[::1]'],
    ['call bob@192.0.2.7;transport=tcp', 'sip:phone@192.0.2.7'],
    ['call bob -s sip:pbx.example:5070;transport=tcp', 'sip:phone@pbx.example'],
    ['answer -l [::1]:5070', 'sip:phone@[::1]'],
    ['answer -l 0.0.0.0:5070', 'sip:phone@127.0.0.1'],
    ['answer', 'sip:phone@127.0.0.1'],
  ])('%s without an account is at home at %s', (line, uri) => {
    expect(optionsOf(line)).toMatchObject({ uri });
  });

  it('speaks every transport, and believes whom it is told to', () => {
    const line = 'register -u sip:a@pbx.example -t wss --ca /dev/null --ws-path /sip';
    expect(optionsOf(line)).toMatchObject({
      transport: 'wss',
      tls: { authorities: [''] },
      webSocket: { path: '/sip' },
    });
  });

  it('is an account at a provider, whose servers need not be named', () => {
    expect(optionsOf('register --provider dusNet -u 000387 -p x -t tls')).toEqual({
      uri: 'sip:000387@proxy.dus.net',
      password: 'x',
      server: 'sip:secure.dus.net:5061;transport=tls',
      transport: 'tls',
      userAgent: 'strowger-phone',
      media: { srtp: 'required', digits: ['rtp'] },
    });
    expect(optionsOf('call +4930 --provider linphone -u alice')).toMatchObject({
      uri: 'sip:alice@sip.linphone.org',
      transport: 'tls',
    });
    expect(optionsOf('register --provider asterisk -u 100@pbx.example -s 192.0.2.7')).toMatchObject(
      {
        uri: 'sip:100@pbx.example',
        server: 'sip:192.0.2.7',
      },
    );
    expect(() => optionsOf('register --provider dusNet')).toThrow('--user');
    expect(() => optionsOf('register --provider sipgate -u x -t wss')).toThrow('not known to have');
  });

  it('encrypts what it says where it is told to, in calls', () => {
    const media = { srtp: 'required' };
    expect(optionsOf('call bob@pbx.example --srtp required')).toMatchObject({ media });
    expect(optionsOf('answer --srtp required')).toMatchObject({ media });
    expect(optionsOf('call bob@pbx.example')).not.toHaveProperty('media');
    expect(() => optionsOf('call bob@pbx.example --srtp perhaps')).toThrow('Allowed choices');
  });

  it('listens where it is told', () => {
    expect(optionsOf('answer -l [::1]:5070 -t tcp')).toMatchObject({ listen: ['tcp:[::1]:5070'] });
  });
});
