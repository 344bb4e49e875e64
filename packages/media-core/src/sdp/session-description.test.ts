import { describe, expect, it } from 'vitest';
import { SDP_LIMITS } from './sdp-lines.ts';
import { formatDescription, readDescription } from './session-description.ts';

const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.9', 's=-', 'c=IN IP4 192.0.2.9', 't=0 0'];
const audio = 'm=audio 5004 RTP/AVP 0 101';
const sdp = (...lines: string[]) => [...head, ...lines].join('\r\n');

function read(text: string) {
  const outcome = readDescription(text);
  if (!outcome.ok) throw new Error(outcome.reason.message);
  return outcome.description;
}

function code(text: string) {
  const outcome = readDescription(text);
  return outcome.ok ? 'taken' : outcome.reason.code;
}

describe('a description (RFC 8866 §5)', () => {
  it('keeps what sdp-transform loses', () => {
    const description = read(
      sdp(
        'k=clear:secret',
        't=1 2',
        'm=audio 49170/2 RTP/AVP 0',
        'c=IN IP4 192.0.2.1',
        'c=IN IP4 192.0.2.2',
        'a=T38FaxVersion:0',
        'a=mid:0',
      ).replace('o=- 1 1 ', 'o=- 18446744073709551615 18446744073709551614 '),
    );
    expect(description.origin).toMatchObject({
      sessionId: '18446744073709551615',
      version: '18446744073709551614',
    });
    expect(description.media).toMatchObject([
      {
        port: 49_170,
        portCount: 2,
        formats: ['0'],
        connections: [{ address: '192.0.2.1' }, { address: '192.0.2.2' }],
        attributes: ['T38FaxVersion:0', 'mid:0'],
      },
    ]);
  });

  it('reads names of attributes and codecs in any case, and numbers as what they are', () => {
    const [line] = read(
      sdp(audio, 'a=RTPMAP:0 pcmu/8000', 'a=SendOnly', 'a=rtpmap:101 1016/8000', 'a=fmtp:101 15'),
    ).media;
    expect(line?.direction).toBe('sendonly');
    expect(line?.codecs).toEqual([
      { name: 'pcmu', payloadType: 0, clockRate: 8000 },
      { name: '1016', payloadType: 101, clockRate: 8000, fmtp: '15' },
    ]);
  });

  it('takes LF alone, blanks at line ends, and a missing clock rate', () => {
    const text = sdp(`${audio} `, 'a=rtpmap:0 PCMU', 'a=sendrecv ', '').replaceAll('\r\n', '\n');
    const [line] = read(text).media;
    expect(line?.codecs[0]).toEqual({ name: 'pcmu', payloadType: 0, clockRate: 8000 });
  });

  it('leaves out formats that nobody explains, and second mentions', () => {
    const [line] = read(sdp('m=audio 5004 RTP/AVP 0 0 77 x 300', 'a=rtpmap:0 PCMU/8000')).media;
    expect(line?.codecs.map(({ payloadType }) => payloadType)).toEqual([0]);
  });
});

describe('a description that is read again', () => {
  const numbered = (number: number, more = ''): string =>
    `v=0\r\no=- ${number} 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n${more}`;

  it('is the one that was read, while few others were between', () => {
    const first = readDescription(numbered(0));
    for (let other = 1; other < 16; other++) readDescription(numbered(other));
    expect(readDescription(numbered(0))).toBe(first);
    readDescription(numbered(16));
    const again = readDescription(numbered(0));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  it.each([
    ['is long', `a=x:${'y'.repeat(100)}\r\n`.repeat(90)],
    ['has keys', `m=audio 4000 RTP/SAVP 0\r\na=crypto:1 NULL inline:${'A'.repeat(40)}\r\n`],
  ])('is read anew where it %s', (_, more) => {
    const text = numbered(0, more);
    const [first, again] = [readDescription(text), readDescription(text)];
    expect(first.ok).toBe(true);
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });
});

describe('nothing of a description', () => {
  it('is lost: what was read is written again, line by line', () => {
    const text = `${sdp(
      'b=CT:128',
      'k=clear:secret',
      't=1 2',
      'r=7d 1h 0 25h',
      'z=2882844526 -1h',
      'a=x-odd:  two  blanks ',
      'a=group:BUNDLE 0',
      'm=audio 49170/2 RTP/AVP 0 101',
      'i=a title',
      'c=IN IP4 192.0.2.1',
      'c=IN IP4 192.0.2.2',
      'b=AS:64',
      'a=mid:0',
      'a=rtpmap:101 TELEPHONE-EVENT/8000',
      'a=SendRecv',
      'a=T38FaxVersion:0',
      'm=image 0 udptl t38',
      'y=unknown',
    )}\r\n`;
    expect(formatDescription(read(text))).toBe(text);
    expect(formatDescription(read(text.replaceAll('\r\n', '\n')))).toBe(text);
  });
});

describe('P09: refused as malformed is (RFC 8866 §9)', () => {
  it.each([
    ['nothing', ''],
    ['prose', 'Hello\r\nworld\r\n'],
    ['another version', sdp(audio).replace('v=0', 'v=1')],
    ['no origin', sdp(audio).replace(/^o=.*\r\n/m, '')],
    ['an origin without digits', sdp(audio).replace('o=- 1 1', 'o=- x y')],
    ['no name', sdp(audio).replace(/^s=.*\r\n/m, '')],
    ['no time', sdp(audio).replace(/^t=.*\r\n/m, '')],
    ['an empty address', sdp('c=IN IP4 ', audio)],
    ['an address that is none', sdp('c=IN IP4 999.1.1.1', audio)],
    ['port 65536', sdp('m=audio 65536 RTP/AVP 0')],
    ['port -1', sdp('m=audio -1 RTP/AVP 0')],
    ['no ports', sdp('m=audio 5000/0 RTP/AVP 0')],
    ['no formats', sdp('m=audio 5000 RTP/AVP')],
    ['an rtpmap out of range', sdp(audio, 'a=rtpmap:999999999999 PCMU/8000')],
    ['an rtpmap without a name', sdp(audio, 'a=rtpmap:0')],
    ['fmtp without a value', sdp(audio, 'a=fmtp')],
    ['fmtp without a format', sdp(audio, 'a=fmtp:')],
    ['a line of NUL', sdp(audio, 'a=\0')],
  ])('%s', (_, text) => {
    expect(code(text)).toBe('SDP_MALFORMED');
  });
});

const many = (line: string, count: number) => Array.from({ length: count }, () => line);

describe('P09: refused as too large is', () => {
  it.each([
    ['10 000 media lines', sdp(...many('m=audio 5 RTP/AVP 0', 10_000))],
    ['33 media lines', sdp(...many('m=audio 5 RTP/AVP 0', SDP_LIMITS.mediaLines + 1))],
    ['10 000 attributes', sdp(audio, ...many('a=x', 10_000))],
    ['500 formats', sdp(`m=audio 5 RTP/AVP${' 0'.repeat(500)}`)],
    ['a long line', sdp(audio, `a=${'x'.repeat(SDP_LIMITS.lineCharacters)}`)],
    ['a mebibyte', 'v=0\r\n'.repeat(200_000)],
  ])('%s', (_, text) => {
    expect(code(text)).toBe('SDP_TOO_LARGE');
  });

  it('not 32 media lines of 128 formats', () => {
    const line = `m=audio 5 RTP/AVP${' 0'.repeat(SDP_LIMITS.formats)}`;
    expect(code(sdp(...many(line, SDP_LIMITS.mediaLines)))).toBe('taken');
  });
});
