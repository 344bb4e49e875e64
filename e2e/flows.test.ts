import { referenceTo } from '@strowger/dialog-core';
import { NameAddr, uri } from '@strowger/sip-message';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Background, describeWithPeers, isListening, until, workFolder } from './lab.ts';
import { shows } from './shows.ts';
import { sippInBackground } from './sipp.ts';
import { SDP, UserAgent } from './user-agent.ts';

const SIPP = 5270;
const ALICE = 5272;
const BOB = 5274;

describeWithPeers(['sipp', 'ss'], 'flows of the RFCs against sipp', () => {
  const folder = workFolder('flows');
  let agents: UserAgent[] = [];
  const running: Background[] = [];

  beforeEach(() => {
    agents = [];
  });
  afterEach(async () => {
    const quiet = until('all user agents are quiet', () => agents.every(({ isQuiet }) => isQuiet));
    await quiet.finally(() => Promise.all(agents.map((one) => one.stop())));
    for (const one of running.splice(0)) await one.stop();
  });

  async function agent(...options: Parameters<typeof UserAgent.start>): Promise<UserAgent> {
    const made = await UserAgent.start(...options);
    agents.push(made);
    return made;
  }

  /** A sipp that waits for a call; `ended` is 0 where everything was as its scenario says. */
  async function callee(scenario: string) {
    const args = ['-i', '127.0.0.1', '-p', String(SIPP), '-m', '1', '-trace_err'];
    const peer = sippInBackground(folder, `flow-${scenario}`, args, 20);
    running.push(peer);
    await until('sipp listens', () => isListening(SIPP));
    return peer;
  }

  /** A sipp that calls bob. */
  function caller(scenario: string, ...args: string[]): Background {
    const where = [`127.0.0.1:${BOB}`, '-i', '127.0.0.1', '-p', String(SIPP), '-m', '1'];
    const peer = sippInBackground(folder, `flow-${scenario}`, [...where, ...args], 20);
    running.push(peer);
    return peer;
  }

  it('forked 200s: the first is the call, the second gets ACK and BYE', async () => {
    const peer = await callee('forked');
    const alice = await agent('alice', ALICE);
    expect(await alice.call(SIPP)).toBe('accepted');
    await until('the other fork has ended', () => alice.layer.counts().dialogs === 1);
    alice.dialog?.bye();
    expect(await peer.ended, peer.output()).toBe(0);
    shows('sipp', 'Signalling: forks: two 200s');
  });

  it('RFC 5407 §3.1.2: a 200 that crosses the CANCEL gets ACK and BYE', async () => {
    const peer = await callee('late-success');
    const alice = await agent('alice', ALICE);
    expect(await alice.call(SIPP, (invite) => invite.cancel())).toBe('cancelled');
    expect(await peer.ended, peer.output()).toBe(0);
  });

  it('PRACK: a reliable provisional is repeated until it comes', async () => {
    const bob = await agent('bob', BOB);
    bob.onInvite = (invite) => {
      invite.progress(183, { body: SDP, reliable: true });
      bob.own(invite.accept());
    };
    const peer = caller('lost-provisionals');
    expect(await peer.ended, peer.output()).toBe(0);
    // repeated after T1 and after 2*T1
    expect(peer.output()).toMatch(/183 <-+ +1 +2 /u);
    expect(bob.log).toEqual(['ended bye']);
    shows('sipp', 'Signalling: PRACK (RFC 3262)');
  });

  it('UPDATE glare: both get 491, and both get through', async () => {
    const peer = await callee('glare');
    const alice = await agent('alice', ALICE);
    await alice.call(SIPP);
    const updated = await new Promise((resolve) => {
      alice.dialog?.update(
        { body: SDP },
        {
          onAccepted: () => resolve('updated'),
          onRejected: ({ status }) => resolve(status),
          onFailed: ({ kind }) => resolve(kind),
        },
      );
    });
    expect(updated).toBe('updated');
    alice.dialog?.bye();
    expect(await peer.ended, peer.output()).toBe(0);
    shows('sipp', 'Signalling: UPDATE (RFC 3311)');
  });

  it('a strict router gets its own URI, and the callee as the last Route', async () => {
    const peer = await callee('strict-router');
    const alice = await agent('alice', ALICE);
    await alice.call(SIPP);
    alice.dialog?.bye();
    expect(await peer.ended, peer.output()).toBe(0);
    shows('sipp', 'Signalling: strict routing');
  });

  it('a session timer: refreshed in time, for as long as the call lasts', async () => {
    const peer = await callee('refreshed');
    const alice = await agent('alice', ALICE, { hurried: true });
    await alice.call(SIPP);
    expect(await peer.ended, peer.output()).toBe(0);
    expect(alice.log).toEqual(['ended bye']);
    shows('sipp', 'Signalling: session timer (RFC 4028)');
  });

  it('a session timer: ended with BYE where the peer does not refresh', async () => {
    const peer = await callee('expired');
    const alice = await agent('alice', ALICE, { hurried: true });
    await alice.call(SIPP);
    expect(await peer.ended, peer.output()).toBe(0);
    expect(alice.log).toEqual(['ended notRefreshed']);
  });

  it('REFER: its NOTIFYs tell how the new call goes', async () => {
    const peer = await callee('referred');
    const alice = await agent('alice', ALICE);
    await alice.call(SIPP);
    const referredBy = new NameAddr({ uri: uri('sip:alice@127.0.0.1') });
    const end = await new Promise((resolve) => {
      alice.dialog?.refer(
        { referTo: uri('sip:carol@127.0.0.1:5999'), referredBy },
        { onProgress: (status) => alice.log.push(`told ${status}`), onEnded: resolve },
      );
    });
    expect(end).toEqual({ kind: 'finished', status: 200 });
    expect(alice.log).toEqual(['told 100', 'told 180', 'told 200']);
    alice.dialog?.bye();
    expect(await peer.ended, peer.output()).toBe(0);
    shows('sipp', 'Transfer: blind, as transferee');
  });

  it('RFC 5359 §2.5: an INVITE with Replaces takes the place of the other', async () => {
    const alice = await agent('alice', ALICE);
    const bob = await agent('bob', BOB, { supported: ['replaces'] });
    bob.onInvite = (invite) => {
      const { replaces } = invite;
      bob.own(invite.accept({ body: SDP }));
      replaces?.bye();
    };
    expect(await alice.call(BOB)).toBe('accepted');
    if (alice.dialog === undefined) throw new Error('no dialog');
    const { callId, toTag, fromTag } = referenceTo(alice.dialog);
    const value = `${callId};to-tag=${toTag};from-tag=${fromTag}`;
    expect(await caller('replaces', '-key', 'replaces', value).ended).toBe(0);
    expect([alice.log, bob.log]).toEqual([['ended bye'], ['ended bye', 'ended bye']]);
  });
});
