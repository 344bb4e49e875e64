import { NameAddr, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { readAccount } from './account.ts';
import { calledLine } from './called-line.ts';

const line = (address: string, server: string) => ({
  account: readAccount({ uri: address }),
  isServer: (at: string) => at === server,
});
const LINES: [ReturnType<typeof line>, ...ReturnType<typeof line>[]] = [
  line('sip:alice@a.example', '10.0.0.1'),
  line('sip:1000@b.example', '10.0.0.2'),
  line('sip:1000@c.example', '10.0.0.2'),
  line('sip:1000@d.example', '10.0.0.3'),
];

describe('the line that is called', () => {
  it.each([
    ['by our user', 'sip:1000@10.9.9.9', 'sip:1000@b.example', '10.0.0.2', 1],
    [
      'by To, where two have the same user and server',
      'sip:1000@x',
      'sip:1000@c.example',
      '10.0.0.2',
      2,
    ],
    ['by the domain of To, as in a ring group', 'sip:1000@x', 'sip:500@c.example', '10.0.0.2', 2],
    ['by the server, whatever To says', 'sip:1000@x', 'sip:1000@b.example', '10.0.0.3', 3],
    [
      'by the server, for a trunk that puts any number there',
      'sip:+4930@x',
      'sip:+4930@d',
      '10.0.0.3',
      3,
    ],
    ['by user and To from elsewhere', 'sip:1000@x', 'sip:1000@d.example', '192.0.2.1', 3],
    ['the first for what is nobody’s', 'sip:zoe@x', 'sip:zoe@x', '192.0.2.1', 0],
    ['the first for what is no sip: URI', 'tel:+4930', 'tel:+4930', '192.0.2.1', 0],
  ])('is found %s', (_, ...[requestUri, to, source, index]) => {
    const request = { uri: uri(requestUri), to: new NameAddr({ uri: uri(to) }) };
    expect(LINES.indexOf(calledLine(LINES, request, source))).toBe(index);
  });
});
