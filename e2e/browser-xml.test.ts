import {
  formatConferenceInfo,
  formatDialogInfo,
  formatIsComposing,
  formatPidf,
  parseConferenceInfo,
  parseDialogInfo,
  parseIsComposing,
  parsePidf,
} from '@strowger/dialog-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers, workFolder } from './lab.ts';
import { Page } from './page.ts';

const readers = { parseConferenceInfo, parseDialogInfo, parseIsComposing, parsePidf };
type Reader = keyof typeof readers;

const pidf = (inner: string, more = ''): [Reader, string] => [
  'parsePidf',
  `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@b"${more}>${inner}</presence>`,
];
const many = Array.from({ length: 65 }, (_, i) => `b${i}=""`).join(' ');

const bodies: [Reader, string][] = [
  [
    'parsePidf',
    formatPidf({
      entity: 'sip:ä&<"@b',
      tuples: [{ id: '1', basic: 'open', contact: 'sip:a@b', priority: 0.8, notes: ['\t Ü ]]>'] }],
      notes: [''],
      activities: ['away', 'on-the-phone'],
    }),
  ],
  ['parseIsComposing', formatIsComposing({ state: 'active', refreshSeconds: 90 })],
  [
    'parseDialogInfo',
    formatDialogInfo({
      version: 3,
      state: 'full',
      entity: 'sip:a@b',
      dialogs: [{ id: '1', state: 'confirmed' }],
    }),
  ],
  [
    'parseConferenceInfo',
    formatConferenceInfo({ entity: 'sip:room@b', state: 'full', version: 1, users: [] }),
  ],
  [
    'parsePidf',
    `<?xml version="1.0"?><!-- hello --><p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" xmlns:x="urn:x"
      entity="sip:a@b" x:entity="no"><p:tuple id="1"><p:status><p:basic> open </p:basic>
      <x:basic>closed</x:basic></p:status></p:tuple><note xmlns="urn:x">no</note></p:presence>`,
  ],
  pidf('<note><![CDATA[<b>]]> and&#32;<x xmlns="urn:x">not this</x> that </note>'),
  pidf('<__proto__ constructor="x">1</__proto__><note>__proto__</note>'),
  pidf('<tuple/>'),
  pidf('&evil;'),
  pidf('<a>'.repeat(1000)),
  pidf(`${'<a>'.repeat(31)}${'</a>'.repeat(31)}`),
  pidf(`${'<a>'.repeat(32)}${'</a>'.repeat(32)}`),
  pidf('<a/>'.repeat(9999)),
  pidf('<a/>'.repeat(10_001)),
  pidf(`<a ${many}/>`),
  pidf('x'.repeat(300_000)),
  pidf('', ' entity="sip:c@d"'),
  pidf('<x:a/>'),
  ['parsePidf', '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'],
  ['parsePidf', '<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'],
  ['parsePidf', '<presence xmlns="urn:ietf:params:xml:ns:pidf"'],
  ['parsePidf', '<a/><b/>'],
  ['parsePidf', '<html/>'],
  ['parsePidf', ''],
];

describeWithPeers(['chromium'], 'XML in a page in Chromium', () => {
  let page: Page;
  beforeAll(async () => {
    const folder = workFolder('browser-xml');
    page = await Page.open({ folder, script: 'page-xml.js', port: 8091, keys: [], microphone: '' });
  });
  afterAll(() => page.stop());

  it('says what it says to our parser in Node, and what is refused there is refused', async () => {
    for (const [reader, body] of bodies) {
      const asked = `read(${JSON.stringify(reader)}, ${JSON.stringify(body)})`;
      const said = JSON.parse(await page.evaluate<string>(asked)) as { ok: boolean };
      const expected = readers[reader](body);
      // which of two faults is found first is the parser's own
      if (!expected.ok) expect(said.ok, body.slice(0, 200)).toBe(false);
      else expect(said, body.slice(0, 200)).toEqual(JSON.parse(JSON.stringify(expected)));
    }
  });
});
