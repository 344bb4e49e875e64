import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { Ladder } from './ladder.ts';

const hop = { transport: 'udp', address: '127.0.0.1', port: 5060 } as const;
const invite = new SipRequest({
  method: 'INVITE',
  uri: uri('sip:bob@pbx.example'),
  headers: [
    ['Via', 'SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1'],
    ['From', '<sip:alice@pbx.example>;tag=1'],
    ['To', '<sip:bob@pbx.example>'],
    ['Call-ID', '1'],
    ['CSeq', '1 INVITE'],
    ['Content-Type', 'Application/SDP; charset=utf-8'],
  ],
  body: 'v=0',
});

describe('the ladder', () => {
  it('shows what the phones sent and received, by time', () => {
    const ladder = new Ladder('pbx');
    const ringing = createResponse(invite, 180);
    ladder.add('bob', { direction: 'sent', message: ringing, hop, at: 1040 });
    ladder.add('alice', { direction: 'sent', message: invite, hop, at: 1000 });
    ladder.add('bob', { direction: 'received', message: invite, hop, at: 1012 });
    expect(ladder.toString()).toBe(
      [
        '     0  alice --> pbx    INVITE (SDP)',
        '    12  pbx   --> bob    INVITE (SDP)',
        '    40  bob   --> pbx    180 Ringing',
      ].join('\n'),
    );
  });

  it('calls a body a description only where it says that it is one', () => {
    const ladder = new Ladder('pbx');
    const message = createResponse(invite, 200, {
      headers: [['Content-Type', 'text/plain']],
      body: 'v=0',
    });
    ladder.add('bob', { direction: 'sent', message, hop, at: 0 });
    expect(ladder.toString()).toBe('     0  bob --> pbx  200 OK');
  });

  it('is empty where nothing passed', () => {
    expect(new Ladder('pbx').toString()).toBe('');
  });
});
