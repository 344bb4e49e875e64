import { createSimulation, type Invariant, INVARIANTS, type Observation } from '@strowger/testkit';
import { expect, it } from 'vitest';
import type { Told, WireSight } from '../src/simulation-observation.ts';

const WIRE: WireSight = {
  type: 'sent',
  at: 0,
  host: 'alice',
  kind: 'request',
  method: 'INVITE',
  status: 0,
  callId: 'c',
  fromTag: 'a',
  toTag: '',
  cseq: 1,
  transaction: 'z9|alice:5060|INVITE',
  route: '',
  hasBody: false,
  hasChallenge: false,
  isReliable: false,
  peer: 'bob:5060',
  bytes: new Uint8Array([1]),
};
const TOLD: Told = {
  type: 'told',
  at: 0,
  host: 'alice',
  callId: 'c',
  what: 'asked',
  key: 'call INVITE',
  detail: '',
};
const sent = (parts: Partial<WireSight>): Observation => ({ ...WIRE, ...parts });
const arrived = (parts: Partial<WireSight>): Observation => sent({ ...parts, type: 'arrived' });
const told = (parts: Partial<Told>): Observation => ({ ...TOLD, ...parts });
const answer = (status: number, parts: Partial<WireSight> = {}): Partial<WireSight> => ({
  kind: 'response',
  status,
  toTag: 'b',
  ...parts,
});
const inDialog: Partial<WireSight> = { toTag: 'b' };
const ack: Partial<WireSight> = {
  method: 'ACK',
  toTag: 'b',
  transaction: 'z9|alice:5060|ACK',
};

/** For each rule a story that keeps it, and one that breaks it, with what is said then. */
const STORIES: Readonly<
  Record<string, { good: readonly Observation[]; bad: readonly Observation[]; says: RegExp }[]>
> = {
  'one outcome each': [
    {
      good: [told({}), told({ what: 'outcome' })],
      bad: [told({})],
      says: /has no outcome/,
    },
    {
      good: [told({}), told({ what: 'gone', key: '' })],
      bad: [told({}), told({ what: 'outcome' }), told({ what: 'outcome' })],
      says: /further outcome/,
    },
  ],
  'saved dialogs go on': [
    {
      good: [told({ what: 'saved', key: 'c b a' }), told({ what: 'ended', key: 'c b a' })],
      bad: [
        told({ what: 'saved', key: 'c b a' }),
        arrived({ ...inDialog, method: 'BYE' }),
        sent(answer(481, { method: 'BYE' })),
      ],
      says: /BYE got 481 in a dialog that lives/,
    },
    {
      // a subscription in it is gone with its process
      good: [
        told({ what: 'saved', key: 'c b a' }),
        told({ what: 'gone', key: '' }),
        arrived({ ...inDialog, method: 'NOTIFY' }),
        sent(answer(481, { method: 'NOTIFY' })),
        told({ what: 'ended', key: 'c b a' }),
      ],
      bad: [
        told({ what: 'saved', key: 'c b a' }),
        arrived({ ...inDialog, method: 'NOTIFY' }),
        sent(answer(481, { method: 'NOTIFY' })),
      ],
      says: /NOTIFY got 481 in a dialog that lives/,
    },
    {
      good: [told({ what: 'ended', key: 'c b a' }), sent(answer(481, { method: 'BYE' }))],
      bad: [told({ what: 'saved', key: 'c b a' })],
      says: /never ended/,
    },
  ],
  'nothing after the end': [
    {
      good: [told({ what: 'heard', key: 'c a b' }), told({ what: 'ended', key: 'c a b' })],
      bad: [told({ what: 'ended', key: 'c a b' }), told({ what: 'heard', key: 'c a b' })],
      says: /after its end/,
    },
    {
      good: [told({ what: 'ended', key: 'c a b' }), sent({ ...inDialog, method: 'BYE' })],
      bad: [told({ what: 'ended', key: 'c a b' }), sent({ ...inDialog, method: 'INFO' })],
      says: /INFO was sent after the end/,
    },
  ],
  'every request answered': [
    {
      good: [arrived({}), sent(answer(200))],
      bad: [arrived({}), sent(answer(180))],
      says: /INVITE was not answered/,
    },
  ],
  'no response sent twice': [
    {
      good: [sent(answer(200)), sent(answer(200, { at: 500 }))],
      bad: [sent(answer(200)), sent(answer(200))],
      says: /twice at once/,
    },
    {
      // a copy from behind a NAT that has another binding now, and a timer
      good: [arrived({ peer: 'nat:2' }), sent(answer(200)), sent(answer(200))],
      bad: [
        sent(answer(200)),
        arrived({ peer: 'nat:2', at: 1 }),
        sent(answer(200)),
        sent(answer(200)),
      ],
      says: /twice at once/,
    },
  ],
  'same answer to retransmissions': [
    {
      good: [sent(answer(200)), sent(answer(200))],
      bad: [sent(answer(200)), sent(answer(200, { bytes: new Uint8Array([2]) }))],
      says: /two different final answers/,
    },
    {
      good: [sent(answer(180)), sent(answer(200))],
      bad: [sent(answer(200)), sent(answer(180))],
      says: /180 after the final answer/,
    },
  ],
  'every 2xx acknowledged': [
    {
      good: [sent({}), arrived(answer(200)), sent(ack)],
      bad: [sent({}), arrived(answer(200))],
      says: /without an ACK/,
    },
    {
      good: [sent({}), arrived(answer(200)), sent(ack), arrived(answer(200)), sent(ack)],
      bad: [sent({}), arrived(answer(200)), sent(ack), arrived(answer(200))],
      says: /1 ACKs to 2 2xx/,
    },
  ],
  'every refusal acknowledged': [
    {
      good: [sent({}), arrived(answer(486)), sent(ack), arrived(answer(486, { at: 40_000 }))],
      bad: [sent({}), arrived(answer(486))],
      says: /0 ACKs to 1 refusals/,
    },
  ],
  'no response to ACK, no challenge to CANCEL': [
    {
      good: [sent(answer(481, { method: 'CANCEL' }))],
      bad: [sent(answer(400, { method: 'ACK' }))],
      says: /an ACK was answered/,
    },
    {
      good: [
        arrived({ method: 'AKC', transaction: 'z9hG4bK1|a|ACK' }),
        sent(answer(501, { method: 'ACK', transaction: 'z9hG4bK1|a|ACK' })),
      ],
      bad: [
        arrived({ method: 'ACK', transaction: 'z9hG4bK1|a|ACK' }),
        sent(answer(501, { method: 'ACK', transaction: 'z9hG4bK1|a|ACK' })),
      ],
      says: /an ACK was answered/,
    },
    {
      good: [sent(answer(401, { hasChallenge: true }))],
      bad: [sent(answer(401, { method: 'CANCEL', hasChallenge: true }))],
      says: /a CANCEL was challenged/,
    },
  ],
  'CSeq rises by one': [
    {
      good: [sent({}), sent({ ...inDialog, method: 'INFO', cseq: 2 }), sent({})],
      bad: [sent({}), sent({ ...inDialog, method: 'INFO', cseq: 3 })],
      says: /INFO 3 follows INVITE 1/,
    },
    {
      // number 2 was for what the process that died could not send any more
      good: [sent(inDialog), told({ what: 'gone' }), sent({ ...inDialog, method: 'BYE', cseq: 3 })],
      bad: [
        sent(inDialog),
        told({ what: 'gone' }),
        sent({ ...inDialog, method: 'INFO', cseq: 3 }),
        sent({ ...inDialog, method: 'BYE', cseq: 5 }),
      ],
      says: /BYE 5 follows INFO 3/,
    },
  ],
  'route set is fixed': [
    {
      good: [sent({}), sent({ ...ack, route: '<sip:p;lr>' }), sent({ ...inDialog, method: 'BYE' })],
      bad: [sent({ ...ack, route: '<sip:p;lr>' }), sent({ ...inDialog, method: 'BYE' })],
      says: /became ''/,
    },
  ],
  'one offer at a time': [
    {
      good: [
        arrived({ fromTag: 'b', toTag: 'a' }),
        sent(answer(200, { fromTag: 'b', toTag: 'a' })),
      ],
      bad: [arrived({ fromTag: 'b', toTag: 'a' }), sent({ ...inDialog, cseq: 2 })],
      says: /while the peer's has no final answer/,
    },
    {
      good: [sent({ ...inDialog, cseq: 2 }), arrived({ fromTag: 'b', toTag: 'a' })],
      bad: [
        sent({ ...inDialog, cseq: 2 }),
        arrived({ fromTag: 'b', toTag: 'a' }),
        sent(answer(200, { fromTag: 'b', toTag: 'a' })),
      ],
      says: /with one of its own under way/,
    },
  ],
  'same session descriptions at both ends': [
    {
      good: [
        told({ what: 'negotiated', detail: '1 / 2' }),
        told({ what: 'negotiated', detail: '1 / 2', host: 'bob' }),
        told({ what: 'ended', detail: 'bye', at: 100_000 }),
      ],
      bad: [
        told({ what: 'negotiated', detail: '1 / 2' }),
        told({ what: 'negotiated', detail: '1 / 3', host: 'bob' }),
        told({ what: 'ended', detail: 'bye', at: 100_000 }),
      ],
      says: /alice has 1 \/ 2, bob has 1 \/ 3/,
    },
    {
      // carol rang as well, and nobody ever came back to what she said
      good: [
        told({ what: 'negotiated', detail: '1 / 2' }),
        told({ what: 'negotiated', detail: '1 / 3', host: 'carol' }),
        told({ what: 'ended', detail: 'cancelled', host: 'carol', at: 100_000 }),
        told({ what: 'ended', detail: 'bye', at: 200_000 }),
      ],
      bad: [
        told({ what: 'negotiated', detail: '1 / 2' }),
        told({ what: 'negotiated', detail: '1 / 3', host: 'carol' }),
        told({ what: 'ended', detail: 'bye', host: 'carol', at: 100_000 }),
      ],
      says: /alice has 1 \/ 2, carol has 1 \/ 3/,
    },
  ],
  'no amplification towards strangers': [
    {
      good: [arrived({ method: 'OPTIONS' }), sent(answer(200, { method: 'OPTIONS' }))],
      bad: [
        arrived({ method: 'OPTIONS' }),
        sent(answer(200, { method: 'OPTIONS', bytes: new Uint8Array(600) })),
      ],
      says: /600 bytes out/,
    },
  ],
};

function violations({ watch }: Invariant, story: readonly Observation[]): string[] {
  const said: string[] = [];
  const watching = watch((violation) => said.push(violation));
  for (const seen of story) watching.see(seen);
  watching.end?.();
  return said;
}

it.each(INVARIANTS.map((one): [string, Invariant] => [one.name, one]))(
  'the rule "%s" lets good runs pass and speaks of bad ones',
  (name, invariant) => {
    const stories = STORIES[name] ?? [];
    expect(stories, 'a story for each rule').not.toHaveLength(0);
    for (const { good, bad, says } of stories) {
      expect(violations(invariant, good)).toEqual([]);
      expect(violations(invariant, bad).join()).toMatch(says);
    }
  },
);

it('every rule names its section', () => {
  expect(createSimulation({ seed: 1 }).traceHash()).toMatch(/\/0$/);
  for (const { section } of INVARIANTS) expect(section).toMatch(/RFC \d+/);
});
