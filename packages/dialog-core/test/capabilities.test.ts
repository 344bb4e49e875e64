import { createResponse, NameAddr, type SipResponse, uri } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { infoPackageOf, infoParts, wantedInfoPackages } from '@strowger/dialog-core';
import { Phone } from './phone.ts';

const events = { packages: ['dialog'] };

async function talking() {
  const simulation = createSimulation({ seed: 1 });
  const alice = new Phone(simulation, 'alice');
  const bob = new Phone(simulation, 'bob', { infoPackages: ['dtmf', 'trickle-ice'], events });
  bob.onRequest = (transaction) => {
    bob.say(infoPackageOf(transaction.request) ?? 'no package');
    transaction.respond(createResponse(transaction.request, 200));
  };
  const answers: SipResponse[] = [];
  alice.call('bob');
  await simulation.run(2000);
  const send = (method: string, parts: Parameters<typeof infoParts> | [] = []): void => {
    const [name, body] = parts;
    const what = name === undefined ? {} : infoParts(name, body);
    alice.dialog?.request(method, what, {
      onResponse: (response) => answers.push(response),
      onFailed: () => {},
    });
  };
  const quiet = async (): Promise<void> => {
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  };
  return { simulation, alice, bob, send, answers, quiet };
}

describe('INFO (RFC 6086)', () => {
  it('of a package that was asked for reaches the owner, as legacy INFO does', async () => {
    const { simulation, bob, send, answers, quiet } = await talking();
    send('INFO', ['DTMF', { type: 'application/dtmf', content: '5' }]);
    send('INFO');
    await simulation.run(100);
    expect(bob.log.slice(-4)).toEqual(['INFO', 'DTMF', 'INFO', 'no package']);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await quiet();
  });

  it('of any other package gets 469 and what was asked for', async () => {
    const { simulation, send, answers, quiet } = await talking();
    send('INFO', ['nothing']);
    await simulation.run(100);
    const [answer] = answers;
    expect(answer?.status).toBe(469);
    expect(answer === undefined ? [] : wantedInfoPackages(answer)).toEqual(['dtmf', 'trickle-ice']);
    await quiet();
  });

  it('is announced by Recv-Info in INVITE and 200', async () => {
    const simulation = createSimulation({ seed: 1 });
    const alice = new Phone(simulation, 'alice', { infoPackages: ['a', 'b'] });
    const bob = new Phone(simulation, 'bob', { infoPackages: ['c'] });
    const heard: string[] = [];
    bob.onInvite = (invite) => {
      heard.push(...wantedInfoPackages(invite.request));
      bob.answer(invite);
    };
    alice.layer.invite(
      { to: uri('sip:bob@bob'), from: new NameAddr({ uri: uri('sip:alice@alice') }) },
      {
        onAccepted: (response, dialog) => {
          heard.push(...wantedInfoPackages(response));
          dialog.ack();
          dialog.bye();
        },
        onRejected: () => {},
        onFailed: () => {},
      },
    );
    await simulation.runUntilQuiet();
    expect(heard).toEqual(['a', 'b', 'c']);
  });
});

describe('OPTIONS and MESSAGE', () => {
  it('tells what we can (RFC 3261 §11.2)', async () => {
    const { simulation, bob, send, answers, quiet } = await talking();
    bob.onRequest = (transaction) => bob.layer.answerOptions(transaction);
    send('OPTIONS');
    await simulation.run(100);
    const names = ['Allow', 'Accept', 'Accept-Encoding', 'Allow-Events', 'Recv-Info', 'Supported'];
    expect(names.map((name) => answers[0]?.headers.raw(name).join())).toEqual([
      'INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, NOTIFY, SUBSCRIBE, REFER',
      'application/sdp',
      'identity',
      'dialog',
      'dtmf, trickle-ice',
      '100rel, timer',
    ]);
    await quiet();
  });

  it('carries a MESSAGE within a dialog and outside (RFC 3428)', async () => {
    const { simulation, alice, bob, send, answers, quiet } = await talking();
    bob.onRequest = (transaction) => {
      bob.say(`message ${transaction.request.to.tag === undefined ? 'outside' : 'inside'}`);
      transaction.respond(createResponse(transaction.request, 200));
    };
    send('MESSAGE');
    alice.layer.request(
      {
        method: 'MESSAGE',
        requestUri: uri('sip:bob@bob'),
        to: uri('sip:bob@bob'),
        from: new NameAddr({ uri: uri('sip:alice@alice') }),
        body: { type: 'text/plain;charset=utf-8', content: 'grüß Gott' },
      },
      { onResponse: (response) => answers.push(response), onFailed: () => {} },
    );
    await simulation.run(100);
    expect(bob.log.slice(-3)).toEqual(
      expect.arrayContaining(['message inside', 'message outside']),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await quiet();
  });
});
