import { describe, expect, it } from 'vitest';
import {
  formatRecordingMetadata,
  parseRecordingMetadata,
  type RecordingMetadata,
} from './recording-metadata.ts';

const metadata: RecordingMetadata = {
  mode: 'complete',
  session: { id: 'hVpd7YQgRW2nD22h7q60JQ==', sipSessionIds: ['a1;remote=b2'], since: 1000 },
  participants: [
    {
      id: 'srfBElmCRp2QB23b7Mpk0w==',
      aor: 'sip:alice@example.com',
      name: 'Alice <&> "Co"',
      since: 1000,
      sends: ['one'],
      receives: ['two'],
    },
    {
      id: 'zSfPoSvdSDCmU3A3TRDxAw==',
      aor: 'sip:bob@example.com',
      since: 1000,
      until: 61_500,
      sends: [],
      receives: [],
    },
  ],
  streams: [
    { id: 'one', label: '1' },
    { id: 'two', label: '2' },
  ],
};

describe('the metadata of a recording session (RFC 7865)', () => {
  it('is read as it was written', () => {
    expect(parseRecordingMetadata(formatRecordingMetadata(metadata))).toEqual({
      ok: true,
      value: metadata,
    });
  });

  it('names who says and hears which stream, and from when on', () => {
    const xml = formatRecordingMetadata(metadata);
    expect(xml).toContain('<recording xmlns="urn:ietf:params:xml:ns:recording:1">');
    expect(xml).toContain('<datamode>complete</datamode>');
    expect(xml).toContain('<name>Alice &lt;&amp;&gt; &quot;Co&quot;</name>');
    expect(xml).toContain('<send>one</send><recv>two</recv></participantstreamassoc>');
    expect(xml).toContain(
      '<associate-time>1970-01-01T00:00:01.000Z</associate-time>' +
        '<disassociate-time>1970-01-01T00:01:01.500Z</disassociate-time>',
    );
  });

  it('says what is no metadata', () => {
    expect(parseRecordingMetadata('<recording/>').ok).toBe(false);
    expect(parseRecordingMetadata('no XML').ok).toBe(false);
    expect(
      parseRecordingMetadata(
        '<recording xmlns="urn:ietf:params:xml:ns:recording:1"><participant/></recording>',
      ).ok,
    ).toBe(false);
  });
});
