import { NameAddr, type SipMessage, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { type Stage, setStage } from './stage.ts';

const ALICE = 'a'.repeat(32);
const NIL = '0'.repeat(32);

/** What one host hears, as `INVITE local;remote`. */
function heardBy({ simulation }: Stage, name: string): string[] {
  const host = simulation.network.hostOf(name);
  const receive = host.receive;
  const heard: string[] = [];
  host.receive = (inbound) => {
    const { message } = inbound;
    const [id = 'none'] = message.headers.raw('Session-ID');
    heard.push(`${nameOf(message)} ${id}`);
    receive?.(inbound);
  };
  return heard;
}

function nameOf(message: SipMessage): string {
  return message.kind === 'request' ? message.method : `${message.status} ${message.cseq.method}`;
}

describe('Session-ID (RFC 7989) through the PBX', () => {
  it('is that of the caller and the callee on both legs, in every message, and in the record', async () => {
    const stage = setStage();
    const { simulation, engine } = stage;
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const atAlice = heardBy(stage, 'alice');
    const atBob = heardBy(stage, 'bob');
    const call = alice.call('bob', { headers: [['Session-ID', `${ALICE};remote=${NIL}`]] });
    await simulation.run(5000);
    const legs = engine.sessions.find({ uuid: ALICE });
    expect(legs).toHaveLength(2);
    const [caller, callee] = legs.map(({ identifiers }) => identifiers);
    // bob says none, and is given one
    const bobs = caller?.local ?? '';
    expect(bobs).toMatch(/^[0-9a-f]{12}8[0-9a-f]{3}[89ab][0-9a-f]{15}$/u);
    expect([caller?.remote, callee?.local]).toEqual([ALICE, ALICE]);
    expect(engine.sessions.find({ uuid: bobs })).toEqual(legs);
    const held = bob.dialogs[0] && bob.hold(bob.dialogs[0]);
    await simulation.run(1000);
    expect(await held).toBe('recvonly');
    call.dialog?.bye();
    await simulation.run(1000);
    expect(atBob).toEqual([
      `INVITE ${ALICE};remote=${NIL}`,
      `ACK ${ALICE};remote=${NIL}`,
      `200 INVITE ${ALICE};remote=${NIL}`,
      `BYE ${ALICE};remote=${NIL}`,
    ]);
    const answered = atAlice.indexOf(`200 INVITE ${bobs};remote=${ALICE}`);
    expect(answered).toBeGreaterThan(0);
    expect(atAlice.slice(answered + 1)).toEqual([
      `INVITE ${bobs};remote=${ALICE}`,
      `ACK ${bobs};remote=${ALICE}`,
      `200 BYE ${bobs};remote=${ALICE}`,
    ]);
    const [record] = stage.records;
    expect(record?.legs.map(({ uuid }) => uuid)).toEqual([ALICE, bobs]);
    await stage.strike();
  });

  it('is not what somebody else says who knows the Call-ID alone', async () => {
    const stage = setStage();
    const { simulation, engine } = stage;
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    const call = alice.call('bob', { headers: [['Session-ID', `${ALICE};remote=${NIL}`]] });
    await simulation.run(5000);
    const { callId = '' } = engine.sessions.find({ uuid: ALICE })[0] ?? {};
    const user = { onResponse: () => {}, onFailed: () => {} };
    const stray = { to: uri('sip:pbx'), from: bob.address, callId, cseq: 9 };
    const headers: [string, string][] = [['Session-ID', `${'e'.repeat(32)};remote=${NIL}`]];
    bob.layer.request({ method: 'OPTIONS', requestUri: uri('sip:pbx'), ...stray, headers }, user);
    await simulation.run(1000);
    expect(engine.sessions.find({ uuid: 'e'.repeat(32) })).toEqual([]);
    expect(engine.sessions.find({ uuid: ALICE })).toHaveLength(2);
    call.dialog?.bye();
    await simulation.run(1000);
    await stage.strike();
  });

  it('follows whoever a party is connected with by a transfer', async () => {
    const stage = setStage();
    const { simulation, engine } = stage;
    const alice = await stage.registered('alice');
    const bob = await stage.registered('bob');
    await stage.registered('carol');
    alice.call('bob', { headers: [['Session-ID', `${ALICE};remote=${NIL}`]] });
    await simulation.run(5000);
    const [before] = engine.sessions.find({ uuid: ALICE });
    const bobs = before?.identifiers.local;
    const user = { onEnded: () => {} };
    bob.dialogs[0]?.refer({ referTo: new NameAddr({ uri: uri('sip:carol@pbx') }) }, user);
    await simulation.run(5000);
    const [caller, callee] = engine.sessions.find({ uuid: ALICE });
    expect(callee?.identifiers.local).toBe(ALICE);
    expect(caller?.identifiers.local).toBe(callee?.partyUuid);
    expect(caller?.identifiers.local).not.toBe(bobs);
    await stage.strike();
  });

  it('is not said where it is not wanted', async () => {
    const stage = setStage({}, { sessionIds: false });
    const alice = await stage.registered('alice');
    await stage.registered('bob');
    const atBob = heardBy(stage, 'bob');
    alice.call('bob');
    await stage.simulation.run(3000);
    expect(atBob[0]).toBe('INVITE none');
    await stage.strike();
  });
});
