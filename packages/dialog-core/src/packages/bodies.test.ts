import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConferenceInfo,
  formatConferenceInfo,
  mergeConferenceInfo,
  parseConferenceInfo,
} from './conference-info.ts';
import {
  type DialogInfo,
  formatDialogInfo,
  mergeDialogInfo,
  parseDialogInfo,
} from './dialog-info.ts';
import { formatIsComposing, parseIsComposing } from './is-composing.ts';
import { formatMessageSummary, parseMessageSummary } from './message-summary.ts';
import { formatPidf, parsePidf } from './pidf.ts';
import { formatRegInfo, mergeRegInfo, parseRegInfo, type RegInfo } from './reginfo.ts';
import type { ReadBody } from './xml-read.ts';

const ODD = 'a <b> & "c" \u{1f600}';

const dialogInfo: DialogInfo = {
  version: 3,
  state: 'full',
  entity: 'sip:alice@example.com',
  dialogs: [
    {
      id: 'as7d900as8',
      callId: 'a84b4c76e66710',
      localTag: '1928301774',
      remoteTag: '456887766',
      direction: 'initiator',
      state: 'terminated',
      event: 'rejected',
      code: 486,
      durationSeconds: 274,
      local: { identity: 'sip:alice@example.com', displayName: ODD, target: 'sip:alice@pc33' },
      remote: { identity: 'sip:bob@example.org', displayName: undefined, target: undefined },
    },
  ],
};
const regInfo: RegInfo = {
  version: 0,
  state: 'full',
  registrations: [
    {
      aor: 'sip:joe@example.com',
      id: 'a7',
      state: 'active',
      contacts: [
        {
          id: '76',
          state: 'active',
          event: 'registered',
          uri: 'sip:joe@pc34.example.com',
          displayName: ODD,
          expiresSeconds: 7200,
          retryAfterSeconds: 5,
          callId: '1j9FpLxk3uxtm8tn',
          cseq: 12,
          pubGruu: 'sip:joe@example.com;gr=hha9s8d-999a',
        },
      ],
    },
  ],
};
const conference: ConferenceInfo = {
  entity: 'sips:conf233@example.com',
  state: 'full',
  version: 1,
  displayText: ODD,
  subject: 'Agenda',
  userCount: 33,
  active: true,
  locked: false,
  users: [
    {
      entity: 'sip:bob@example.com',
      state: 'full',
      displayText: 'Bob',
      roles: ['participant'],
      endpoints: [
        {
          entity: 'sip:bob@pc33',
          state: 'full',
          displayText: 'laptop',
          status: 'on-hold',
          media: [{ id: '1', type: 'audio', label: '34567', srcId: '432424', status: 'sendrecv' }],
        },
      ],
    },
  ],
};

describe('bodies of event packages', () => {
  // RFC 4235 §4, RFC 3680 §5, RFC 4575 §5, RFC 3863 §4, RFC 3994 §3, RFC 3842 §5
  it('are read as they were written', () => {
    const presence = {
      entity: 'pres:someone@example.com',
      tuples: [
        {
          id: 't1',
          basic: 'open' as const,
          contact: 'im:someone@mobile',
          priority: 0.8,
          notes: [ODD],
          timestamp: '2001-10-27T16:49:29Z',
        },
      ],
      notes: ["I'll be in Tokyo"],
    };
    const composing = {
      state: 'active' as const,
      lastActive: '2003-01-27T10:43:00Z',
      contentType: 'text/plain',
      refreshSeconds: 90,
    };
    const summary = {
      isWaiting: true,
      account: 'sip:alice@vmail.example.com',
      counts: {
        'voice-message': { newMessages: 4, oldMessages: 8, urgentNew: 1, urgentOld: 2 },
        'fax-message': { newMessages: 0, oldMessages: 1 },
      },
    };
    expect(parseDialogInfo(formatDialogInfo(dialogInfo))).toEqual({ ok: true, value: dialogInfo });
    expect(parseRegInfo(formatRegInfo(regInfo))).toEqual({ ok: true, value: regInfo });
    const info = parseConferenceInfo(formatConferenceInfo(conference));
    expect(info).toEqual({ ok: true, value: conference });
    expect(parsePidf(formatPidf(presence))).toEqual({ ok: true, value: presence });
    expect(parseIsComposing(formatIsComposing(composing))).toEqual({ ok: true, value: composing });
    const waiting = parseMessageSummary(formatMessageSummary(summary));
    expect(waiting).toEqual({ ok: true, value: summary });
  });

  it('are read with prefixes, comments and what others have added (RFC 3863)', () => {
    const read = parsePidf(`<?xml version="1.0"?><!-- hello -->
      <p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" xmlns:x="urn:x" entity="sip:a@b" x:entity="no">
        <p:tuple id="1"><p:status><p:basic> open </p:basic><x:basic>closed</x:basic></p:status>
        <x:contact>no</x:contact></p:tuple><note xmlns="urn:x">no</note></p:presence>`);
    expect(read).toMatchObject({
      ok: true,
      value: { entity: 'sip:a@b', tuples: [{ basic: 'open', contact: undefined }], notes: [] },
    });
  });

  it('say what a person does, and nothing that is no name of an element (RFC 4479 §3.4, RFC 4480 §3.2)', () => {
    const activities = ['on-the-phone', 'busy'];
    const written = formatPidf({
      entity: 'sip:a@b',
      tuples: [],
      notes: [],
      activities: [...activities, '<x/>', 'a b'],
    });
    expect(written).not.toContain('<x/>');
    expect(parsePidf(written)).toMatchObject({ ok: true, value: { activities } });
    const read = parsePidf(`<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@b"
        xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid">
      <dm:person id="p"><r:activities><r:note>no</r:note><r:away/><x xmlns="urn:x"/></r:activities>
        <dm:note>At lunch</dm:note></dm:person></presence>`);
    expect(read).toMatchObject({ ok: true, value: { activities: ['away'], notes: ['At lunch'] } });
  });

  it('hold whatever text there is, without what XML cannot hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const [dialog] = dialogInfo.dialogs;
        if (dialog === undefined) return;
        const body = formatDialogInfo({ ...dialogInfo, dialogs: [{ ...dialog, callId: text }] });
        const read = parseDialogInfo(body);
        const allowed = text.replaceAll(
          /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu,
          '',
        );
        expect(read.ok && read.value.dialogs[0]?.callId).toBe(allowed);
      }),
    );
  });
});

describe('hostile XML', () => {
  const laughs = `<!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from(
    { length: 9 },
    (_, i) => `<!ENTITY lol${i + 1} "${`&lol${i === 0 ? '' : i};`.repeat(10)}">`,
  ).join('')}]><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="&lol9;"/>`;
  const root = (inner: string) =>
    `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@b">${inner}</presence>`;

  it.each([
    ['a billion laughs', laughs, 400],
    ['an external entity', '<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', 400],
    ['an entity nobody declared', root('&evil;'), 400],
    ['deep nesting', root('<a>'.repeat(100_00)), 413],
    ['too many elements', root('<a/>'.repeat(10_001)), 413],
    [
      'too many attributes',
      root(`<a ${Array.from({ length: 65 }, (_, i) => `b${i}=""`).join(' ')}/>`),
      413,
    ],
    ['too many bytes', root('x'.repeat(300_000)), 413],
    ['an element that never ends', '<presence xmlns="urn:ietf:params:xml:ns:pidf"', 400],
    ['two roots', '<a/><b/>', 400],
    ['nothing', '', 400],
    ['another root', '<html/>', 400],
    ['a tuple without id', root('<tuple/>'), 400],
    ['octets that are no UTF-8', new Uint8Array([0x3c, 0xff, 0xfe]), 400],
  ])('%s is answered, not thrown', (_, body, status) => {
    expect(parsePidf(body)).toMatchObject({ ok: false, status });
  });

  it('and names of prototypes are text like any other', () => {
    const read = parsePidf(root('<__proto__ constructor="x">1</__proto__><note>__proto__</note>'));
    expect(read).toMatchObject({ ok: true, value: { notes: ['__proto__'] } });
  });

  it('never throws for anything', () => {
    const parsers: ((body: Uint8Array) => ReadBody<unknown>)[] = [
      parsePidf,
      parseDialogInfo,
      parseRegInfo,
      parseConferenceInfo,
      parseIsComposing,
      parseMessageSummary,
    ];
    const samples = [
      formatDialogInfo(dialogInfo),
      formatRegInfo(regInfo),
      formatConferenceInfo(conference),
      formatMessageSummary({ isWaiting: true, counts: {} }),
    ];
    const damaged = fc
      .tuple(fc.constantFrom(...samples), fc.nat(900), fc.nat(40), fc.uint8Array({ maxLength: 8 }))
      .map(([text, at, length, bytes]) => {
        const whole = new TextEncoder().encode(text);
        return new Uint8Array([...whole.slice(0, at), ...bytes, ...whole.slice(at + length)]);
      });
    fc.assert(
      fc.property(damaged, (body) => {
        for (const parse of parsers) expect(typeof parse(body).ok).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });
});

describe('partial state', () => {
  it('of dialogs is laid over what is known, in order (RFC 4235 §4.3)', () => {
    const next: DialogInfo = {
      ...dialogInfo,
      version: 4,
      state: 'partial',
      dialogs: [{ id: 'new', state: 'early' }],
    };
    expect(mergeDialogInfo(undefined, next)).toBe('refresh');
    expect(mergeDialogInfo(undefined, dialogInfo)).toBe(dialogInfo);
    const merged = mergeDialogInfo(dialogInfo, next);
    expect(merged).toMatchObject({ version: 4, state: 'full', dialogs: [{ id: 'new' }] });
    expect(mergeDialogInfo(dialogInfo, { ...next, version: 5 })).toBe('refresh');
    expect(mergeDialogInfo(dialogInfo, { ...next, version: 3 })).toBe('old');
  });

  it('of registrations keeps contacts that are not told again (RFC 3680 §5.1)', () => {
    const [registration] = regInfo.registrations;
    const [contact] = registration?.contacts ?? [];
    if (registration === undefined || contact === undefined) throw new Error('no contact');
    const next: RegInfo = {
      version: 1,
      state: 'partial',
      registrations: [{ ...registration, contacts: [{ ...contact, id: '77' }] }],
    };
    const merged = mergeRegInfo(regInfo, next);
    if (typeof merged === 'string') throw new Error(merged);
    expect(merged.registrations[0]?.contacts.map(({ id }) => id)).toEqual(['76', '77']);
    expect(mergeRegInfo(regInfo, { ...next, version: 9 })).toBe('refresh');
    expect(mergeRegInfo(regInfo, regInfo)).toBe('old');
    expect(mergeRegInfo(undefined, regInfo)).toBe(regInfo);
  });

  it('of a conference changes, adds and deletes users (RFC 4575 §4.6)', () => {
    const user = { roles: [], endpoints: [] };
    const partial: ConferenceInfo = {
      entity: conference.entity,
      version: 2,
      state: 'partial',
      userCount: 2,
      users: [
        {
          ...user,
          entity: 'sip:bob@example.com',
          state: 'partial',
          endpoints: [{ entity: 'sip:bob@pc33', state: 'partial', status: 'connected', media: [] }],
        },
        { ...user, entity: 'sip:carol@example.com', state: 'full' },
      ],
    };
    const merged = mergeConferenceInfo(conference, partial);
    if (typeof merged === 'string') throw new Error(merged);
    expect(merged).toMatchObject({ displayText: ODD, userCount: 2, state: 'full' });
    const [bob] = merged.users;
    expect(bob).toMatchObject({ displayText: 'Bob', roles: ['participant'] });
    expect(bob?.endpoints[0]).toMatchObject({ status: 'connected', media: [{ id: '1' }] });
    const gone = mergeConferenceInfo(merged, {
      ...partial,
      version: 3,
      users: [{ ...user, entity: 'sip:bob@example.com', state: 'deleted' }],
    });
    if (typeof gone === 'string') throw new Error(gone);
    expect(gone.users.map(({ entity }) => entity)).toEqual(['sip:carol@example.com']);
    expect(mergeConferenceInfo(undefined, partial)).toBe('refresh');
    expect(mergeConferenceInfo(merged, partial)).toBe('old');
  });
});

describe('a message summary (RFC 3842)', () => {
  it('is read as gear in the field writes it', () => {
    const read = parseMessageSummary(
      'messages-waiting: YES\nmessage-account:sip:a@b\nVoice-Message:2/8(0/2)\n\nTo: x\n',
    );
    expect(read).toEqual({
      ok: true,
      value: {
        isWaiting: true,
        account: 'sip:a@b',
        counts: { 'voice-message': { newMessages: 2, oldMessages: 8, urgentNew: 0, urgentOld: 2 } },
      },
    });
  });

  it.each(['', 'Voice-Message: 1/2', 'Messages-Waiting: yes\r\nVoice-Message: many'])(
    'is refused where it is none: %j',
    (body) => expect(parseMessageSummary(body)).toMatchObject({ ok: false, status: 400 }),
  );
});
