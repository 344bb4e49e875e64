import { seededRandom } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { createOffer, type LocalMedia, negotiateAnswer, type SrtpPolicy } from '../sdp/index.ts';
import { LocalDescription } from './local-description.ts';
import { localSecurity } from './local-security.ts';
import { RemotePolicy } from './remote-policy.ts';

const random = seededRandom(1);
const pcmu = { name: 'pcmu', payloadType: 0, clockRate: 8000 };
const wanted = { codecs: [pcmu], direction: 'sendrecv' } as const;

function description(policy: SrtpPolicy, port = 10_000): LocalDescription {
  const security = localSecurity({ policy, keying: ['sdes'], random, supported: ['sdes'] });
  const remotes = new RemotePolicy({ edge: 'public' });
  return new LocalDescription({
    address: '198.51.100.1',
    port: () => port,
    random,
    remotes,
    security,
  });
}

function phone(last: number, policy?: SrtpPolicy): LocalMedia {
  return {
    address: `192.0.2.${last}`,
    port: 4000,
    codecs: [pcmu],
    direction: 'sendrecv',
    sessionId: '1',
    version: 1,
    ...(policy && {
      security: localSecurity({ policy, keying: ['sdes'], random, supported: ['sdes'] }) ?? {
        policy,
      },
    }),
  };
}

const cryptoOf = (sdp: string) => sdp.match(/^a=crypto:.*/gm) ?? [];

describe('the descriptions of an endpoint', () => {
  it('say the same keys every time, so that a hold changes none', () => {
    const [caller, callee] = [description('required'), description('optional')];
    const offer = caller.offer(wanted);
    expect(cryptoOf(offer).map((line) => line.split(' ')[1])).toEqual([
      'AEAD_AES_128_GCM',
      'AEAD_AES_256_GCM',
      'AES_CM_128_HMAC_SHA1_80',
      'AES_256_CM_HMAC_SHA1_80',
      'AES_CM_128_HMAC_SHA1_32',
    ]);
    expect(offer.length).toBeLessThan(1000); // beside SIP in one datagram
    const first = callee.answer(offer, wanted);
    const agreed = caller.agree(first.answer);
    expect(agreed.security).toMatchObject({ kind: 'sdes', send: { suite: 'AEAD_AES_128_GCM' } });
    const held = caller.offer({ ...wanted, direction: 'sendonly' });
    expect(cryptoOf(held)).toEqual(cryptoOf(offer));
    const second = callee.answer(held, wanted);
    expect(cryptoOf(second.answer)).toEqual(cryptoOf(first.answer));
    expect(caller.agree(second.answer).security).toEqual(agreed.security);
  });

  it('agree on what can go to another thread, keys and all', () => {
    const callee = description('optional');
    callee.answer(createOffer(phone(1, 'required')), wanted);
    const { media } = callee.context;
    expect(media?.security.kind).toBe('sdes');
    expect(structuredClone(media)).toEqual(media);
  });

  it('refuse a later offer in the clear, and keep what was agreed', () => {
    const callee = description('optional');
    callee.answer(createOffer(phone(1, 'required')), wanted);
    const refused = expect.objectContaining({ code: 'MEDIA_NOT_ENCRYPTED' });
    expect(() => callee.answer(createOffer(phone(1)), wanted)).toThrow(refused);
    expect(callee.context.media?.security.kind).toBe('sdes');
    expect(callee.context.state).toBe('complete');
  });

  it('T07: agree on no media to where it may not go, nor keep that they did', () => {
    const callee = description('off');
    const offer = createOffer({ ...phone(1), address: '127.0.0.1' });
    const refused = expect.objectContaining({ code: 'MEDIA_NOT_ACCEPTABLE' });
    expect(() => callee.answer(offer, wanted)).toThrow(refused);
    expect(callee.context.state).toBe('initial');
    callee.offer(wanted);
    expect(() => callee.agree(offer)).toThrow(refused);
    expect(callee.context.state).toBe('offerSent');
  });

  it('ask for the ICE of the moment', () => {
    let generation = 0;
    const remotes = new RemotePolicy();
    const ice = {
      describe: () => ({
        ufrag: `user${generation}`,
        pwd: 'p'.repeat(22),
        lite: false,
        candidates: [],
      }),
      restart: () => {},
    };
    const offering = { ice, offersIce: true };
    const place = { address: '198.51.100.1', port: () => 10_000, random, remotes, ...offering };
    const restarting = new LocalDescription(place);
    const first = restarting.offer(wanted);
    expect(first).toContain('a=ice-ufrag:user0\r\n');
    expect(first).toMatch(/ RTP\/AVPF 0\r\n[^]*a=rtcp-mux\r\n/);
    restarting.context.rollback();
    generation++;
    const again = restarting.offer(wanted);
    expect(again).toContain('a=ice-ufrag:user1\r\n');
    expect(again).toMatch(/^o=- \d+ 2 /m);
  });
});

describe('a relay with keys on one leg', () => {
  const pass = { codecs: undefined, direction: 'sendrecv', linePorts: new Map() } as const;

  function relayed(a: SrtpPolicy, b: SrtpPolicy, caller: LocalMedia, callee: LocalMedia) {
    const [near, far] = [description(a), description(b, 10_002)];
    const offer = createOffer(caller);
    near.audioLine(offer);
    near.context.receiveOffer(offer);
    const toB = far.relayedOffer(offer, pass, near);
    const fromB = negotiateAnswer({ offer: toB, local: callee });
    if (!fromB.ok) throw new Error(fromB.reason.code);
    return { toB, relay: near.relayedAnswer({ offer, answerFromB: fromB.answer }, pass, far), far };
  }

  it('is encrypted there and in the clear at the other', () => {
    const { toB, relay } = relayed('optional', 'off', phone(1, 'required'), phone(2));
    expect(toB).toContain(' RTP/AVP 0\r\n');
    expect(cryptoOf(toB)).toEqual([]);
    expect(relay.a.security.kind).toBe('sdes');
    expect(relay.b.security.kind).toBe('none');
    expect(relay.answer).toContain(' RTP/SAVP 0\r\n');
    expect(cryptoOf(relay.answer)).toHaveLength(1);
  });

  it('is encrypted at the far leg alone', () => {
    const { relay } = relayed('off', 'required', phone(1), phone(2, 'optional'));
    expect([relay.a.security.kind, relay.b.security.kind]).toEqual(['none', 'sdes']);
  });

  it('has other keys on each, where both are encrypted', () => {
    const { toB, relay } = relayed(
      'required',
      'required',
      phone(1, 'required'),
      phone(2, 'required'),
    );
    const keys = [...cryptoOf(toB), ...cryptoOf(relay.answer)].map(
      (line) => line.split('inline:')[1],
    );
    expect(new Set(keys).size).toBe(keys.length);
    expect([relay.a.security.kind, relay.b.security.kind]).toEqual(['sdes', 'sdes']);
  });

  it('takes no offer in the clear where its leg must be encrypted', () => {
    const refused = expect.objectContaining({ code: 'MEDIA_NOT_ENCRYPTED' });
    expect(() => relayed('required', 'off', phone(1), phone(2))).toThrow(refused);
  });
});
