import { describe, expect, it } from 'vitest';
import type { CodecDescription } from './codec.ts';
import type { LocalMedia } from './local-media.ts';
import { applyAnswer, createOffer, negotiateAnswer } from './offer-answer.ts';
import { relayAnswer, relayOffer } from './relay.ts';
import { readDescription } from './session-description.ts';

const pcmu = { name: 'pcmu', payloadType: 0, clockRate: 8000 };
const pcma = { name: 'pcma', payloadType: 8, clockRate: 8000 };
const opus: CodecDescription = {
  name: 'opus',
  payloadType: 96,
  clockRate: 48_000,
  channels: 2,
  fmtp: 'useinbandfec=1',
};
const digits = (payloadType: number) => ({
  name: 'telephone-event',
  payloadType,
  clockRate: 8000,
  fmtp: '0-15',
});

const alice: LocalMedia = {
  address: '192.0.2.1',
  port: 10_000,
  codecs: [opus, pcmu, pcma, digits(101)],
  direction: 'sendrecv',
  sessionId: '1',
  version: 1,
};
const bob: LocalMedia = { ...alice, address: '192.0.2.2', codecs: [pcma, pcmu, digits(97)] };
const toBob = { address: '198.51.100.1', port: 20_000, sessionId: '7', version: 1 };
const toAlice = { ...toBob, port: 20_002, sessionId: '8' };

function value<T extends { ok: boolean }>(outcome: T): Extract<T, { ok: true }> {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome));
  // The refusing half was just ruled out; the compiler does not narrow a type parameter.
  return outcome as Extract<T, { ok: true }>;
}

function audioOf(sdp: string) {
  const line = value(readDescription(sdp)).description.media.find(({ kind }) => kind === 'audio');
  if (!line) throw new Error('no audio');
  return line;
}

/** Bob's answer under numbers of his own, as RFC 3264 §6.1 lets him. */
function renumbered(answer: string, from: number, to: number): string {
  return answer
    .replaceAll(`rtpmap:${from} `, `rtpmap:${to} `)
    .replaceAll(`fmtp:${from} `, `fmtp:${to} `)
    .replace(new RegExp(`^(m=audio .*) ${from}\\b`, 'm'), `$1 ${to}`);
}

describe('an offer through a relay', () => {
  it("keeps the offerer's codecs, numbers and parameters, and has our address", () => {
    const offer = createOffer(alice);
    const relayed = value(relayOffer({ offer, local: toBob })).offer;
    expect(audioOf(relayed)).toMatchObject({ codecs: alice.codecs, port: 20_000 });
    expect(relayed).toContain('c=IN IP4 198.51.100.1\r\n');
    expect(relayed).not.toContain('192.0.2.1');
  });

  it('lets only the allowed codecs pass, and digits with them', () => {
    const local = { ...toBob, codecs: [{ name: 'pcmu' }] };
    const relayed = value(relayOffer({ offer: createOffer(alice), local })).offer;
    expect(audioOf(relayed).formats).toEqual(['0', '101']);
  });

  it('hands on packet times, whatever they are', () => {
    for (const [stated, told] of [
      ['30', '30'],
      ['5000', '1000'],
    ]) {
      const offer = `${createOffer(alice)}a=ptime:${stated}\r\na=maxptime:${stated}\r\n`;
      const relayed = value(relayOffer({ offer, local: toBob })).offer;
      expect(relayed).toContain(`a=ptime:${told}\r\na=maxptime:${told}\r\n`);
    }
  });

  it('is refused where nothing may pass', () => {
    const outcome = relayOffer({ offer: createOffer(alice), local: { ...toBob, codecs: [] } });
    expect(outcome).toMatchObject({ ok: false, reason: { code: 'NO_COMMON_CODEC' } });
  });

  it.each([
    ['a=sendonly', 'sendonly'],
    ['a=recvonly', 'recvonly'],
    ['a=inactive', 'inactive'],
  ])('passes %s on', (attribute, direction) => {
    const offer = createOffer(alice).replace('a=sendrecv', attribute);
    const relayed = value(relayOffer({ offer, local: toBob })).offer;
    expect(audioOf(relayed).direction).toBe(direction);
  });

  it('turns an old hold into sendonly and never passes zeros on (RFC 3264 §8.4)', () => {
    const offer = createOffer(alice).replace('c=IN IP4 192.0.2.1', 'c=IN IP4 0.0.0.0');
    const relayed = value(relayOffer({ offer, local: toBob })).offer;
    expect(audioOf(relayed).direction).toBe('sendonly');
    expect(relayed).not.toContain('0.0.0.0');
  });

  it('drops video and answers it with port 0', () => {
    const offer = `${createOffer(alice)}m=video 30000 RTP/AVP 31\r\n`;
    const relayed = value(relayOffer({ offer, local: toBob })).offer;
    expect(relayed).not.toContain('video');
    const answerFromB = value(negotiateAnswer({ offer: relayed, local: bob })).answer;
    const { answer } = value(relayAnswer({ offer, answerFromB, local: toAlice }));
    expect(answer).toContain('m=video 0 RTP/AVP 31\r\n');
  });
});

describe('an answer through a relay', () => {
  it('keeps both numberings and maps between them', () => {
    const offer = createOffer(alice);
    const relayed = value(relayOffer({ offer, local: toBob })).offer;
    const plain = value(negotiateAnswer({ offer: relayed, local: bob })).answer;
    const answerFromB = renumbered(plain, 101, 97);
    const relay = value(relayAnswer({ offer, answerFromB, local: toAlice, relayed }));
    expect(audioOf(relay.answer).formats).toEqual(['0', '8', '101']);
    expect([...relay.payloadTypeMap.fromA]).toEqual([
      [0, 0],
      [8, 8],
      [101, 97],
    ]);
    expect(relay.payloadTypeMap.fromB.get(101)).toBe(101);
    expect(relay.payloadTypeMap.fromB.get(97)).toBe(101);
    expect(relay.b.telephoneEvent).toMatchObject({
      sendPayloadType: 97,
      receivePayloadType: 101,
    });
    expect(value(applyAnswer({ offer, answer: relay.answer })).media.send.payloadType).toBe(0);
  });

  it("does not take the answerer's number for a codec that the offerer calls so", () => {
    const offer = createOffer(alice);
    const relayed = value(relayOffer({ offer, local: toBob })).offer;
    const plain = value(
      negotiateAnswer({ offer: relayed, local: { ...bob, codecs: [opus, digits(101)] } }),
    ).answer;
    const swapped = renumbered(renumbered(renumbered(plain, 96, 99), 101, 96), 99, 101);
    const map = value(relayAnswer({ offer, answerFromB: swapped, local: toAlice })).payloadTypeMap;
    expect([...map.fromA]).toEqual([
      [96, 101],
      [101, 96],
    ]);
    expect([...map.fromB]).toEqual([
      [96, 96],
      [101, 101],
    ]);
  });

  it('keeps the order and the parameters of the answerer', () => {
    const offer = createOffer(alice);
    const relayed = value(relayOffer({ offer, local: toBob })).offer;
    const answerFromB = createOffer({ ...bob, codecs: [pcma, { ...opus, fmtp: 'cbr=1' }] });
    const relay = value(relayAnswer({ offer, answerFromB, local: toAlice, relayed }));
    expect(audioOf(relay.answer).codecs).toMatchObject([{ name: 'pcma' }, { fmtp: 'cbr=1' }]);
    expect(relay.a.send.codec.name).toBe('pcma');
  });

  it('passes the hold of the answerer on', () => {
    const offer = createOffer(alice);
    const answerFromB = createOffer({ ...bob, direction: 'sendonly' });
    const relay = value(relayAnswer({ offer, answerFromB, local: toAlice }));
    expect(audioOf(relay.answer).direction).toBe('sendonly');
    expect(relay.b).toMatchObject({ direction: 'recvonly', hold: true });
    expect(relay.a).toMatchObject({ direction: 'sendonly', hold: false });
  });

  it('keeps the numbers of a leg when the other end offers anew', () => {
    const first = createOffer(alice);
    const relayed = value(relayOffer({ offer: first, local: toBob })).offer;
    const answerFromB = value(negotiateAnswer({ offer: relayed, local: bob })).answer;
    const { answer } = value(relayAnswer({ offer: first, answerFromB, local: toAlice, relayed }));
    const offer = createOffer({ ...bob, codecs: [pcmu, digits(97)], version: 2 });
    const local = { ...toAlice, version: 2 };
    const back = value(relayOffer({ offer, local, previous: answer })).offer;
    expect(audioOf(back).formats).toEqual(['0', '101']);
    const fromA = value(negotiateAnswer({ offer: back, local: alice })).answer;
    const relay = value(
      relayAnswer({ offer, answerFromB: fromA, local: { ...toBob, version: 2 }, relayed: back }),
    );
    expect(relay.payloadTypeMap.fromA.get(97)).toBe(101);
    expect(relay.payloadTypeMap.fromB.get(101)).toBe(97);
  });
});
