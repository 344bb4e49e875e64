import { DialogLayer } from '@strowger/dialog-core';
import { readBody, type SipRequest } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { finish, scene, talking } from './two-phones.ts';

const located = (disposition?: string) => () => [
  {
    headers: [
      ['Content-Type', 'application/pidf+xml'] as const,
      ...(disposition === undefined ? [] : [['Content-Disposition', disposition] as const]),
    ],
    body: '<presence/>',
  },
];

function typesOf(request: SipRequest | undefined): string[] {
  const read = request && readBody(request);
  if (read?.ok !== true) return [];
  return read.value?.parts.map(({ contentType }) => contentType.subtype) ?? [];
}

describe('a call whose description is accompanied (RFC 5621 §3)', () => {
  it.each([undefined, 'render;handling=optional', 'by-reference'])(
    'is taken, and what came along is in its request (%s)',
    async (disposition) => {
      const both = scene();
      const { simulation, alice, bob } = both;
      const session = alice.call('bob', { bodyParts: located(disposition) });
      await simulation.run(1000);
      expect([session.state, bob.session.state]).toEqual(['connected', 'connected']);
      expect(typesOf(bob.session.request)).toEqual(['sdp', 'pidf+xml']);
      void session.hold(); // in the dialog as well
      await simulation.run(1000);
      expect(bob.session.mediaDirection).toBe('recvonly');
      void session.hangUp();
      await finish(both);
    },
  );

  it('gets 415 where what came along insists on being understood, and says what is', async () => {
    const both = scene();
    const { simulation, alice } = both;
    const session = alice.call('bob', { bodyParts: located('render;handling=required') });
    await simulation.run(1000);
    expect(await session.ended).toMatchObject({ kind: 'rejected', status: 415 });
    await finish(both);
  });

  it('gets 415 to a change of that kind, and goes on', async () => {
    let disposition: string | undefined;
    const both = scene();
    const { simulation, alice } = both;
    const session = alice.call('bob', { bodyParts: () => located(disposition)() });
    await simulation.run(1000);
    disposition = 'render;handling=required';
    const change = session.renegotiate();
    change.catch(() => {});
    await simulation.run(1000);
    await expect(change).rejects.toMatchObject({ code: 'CHANGE_REFUSED' });
    expect(session.state).toBe('connected');
    void session.hangUp();
    await finish(both);
  });
});

describe('an answer that is accompanied (RFC 5621 §3)', () => {
  it.each(['mixed', 'alternative'])('is taken out of its multipart/%s', async (subtype) => {
    const both = scene();
    const { simulation, alice } = both;
    const gateway = simulation.network.host('gateway');
    const type = `multipart/${subtype};boundary=b`;
    const besides = (sdp: string): string =>
      ['application/ISUP\r\n\r\n01', `application/sdp\r\n\r\n${sdp}`]
        .map((part) => `--b\r\nContent-Type: ${part}\r\n`)
        .concat('--b--\r\n')
        .join('');
    const layer = new DialogLayer({
      runtime: gateway.runtime,
      sender: gateway,
      contactUser: 'gateway',
      user: {
        // it takes what it is offered
        onInvite: (invite) =>
          void invite.accept({ body: { type, content: besides(invite.request.text()) } }),
        onRequest() {},
      },
    });
    gateway.receive = (inbound) => layer.receive(inbound);
    const session = alice.call('gateway');
    await simulation.run(1000);
    expect([session.state, session.mediaDirection]).toEqual(['connected', 'sendrecv']);
    void session.hangUp();
    await simulation.run(1000);
    layer.close();
    await finish(both);
  });
});

describe('bodies that somebody takes', () => {
  it('come beside a description and without one, in re-INVITE and UPDATE', async () => {
    const heard: string[] = [];
    const both = scene();
    const { simulation, alice, bob } = both;
    const takenBodies = {
      types: ['application/x-hint'],
      onBody: ({ body }: { body: Uint8Array }) => void heard.push(new TextDecoder().decode(body)),
    };
    const session = alice.call('bob', { takenBodies });
    await simulation.run(1000);
    const told: string[] = [];
    const send = (type: string, content: string): void => {
      bob.session.dialog?.update(
        { body: { type, content } },
        {
          onAccepted: ({ status }) => void told.push(`${status}`),
          onRejected: ({ status }) => void told.push(`${status}`),
          onFailed() {},
        },
      );
    };
    send('application/x-hint', 'alone');
    await simulation.run(100);
    send('application/x-other', 'nobody');
    await simulation.run(100);
    const multipart = (type: string): string =>
      `--b\r\nContent-Type: ${type}\r\n\r\nbeside\r\n--b--\r\n`;
    send('multipart/mixed;boundary=b', multipart('application/x-hint'));
    await simulation.run(100);
    send('multipart/mixed;boundary=b', multipart('application/x-other'));
    await simulation.run(100);
    expect(heard).toEqual(['alone', 'beside']);
    expect(told).toEqual(['200', '200', '200', '200']);
    void session.hangUp();
    await finish(both);
  });

  it('are named where another is refused', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const session = alice.call('bob', {
      takenBodies: { types: ['application/x-hint'], onBody() {} },
    });
    await simulation.run(1000);
    const refused: string[][] = [];
    bob.session.dialog?.reinvite(
      { body: { type: 'application/x-other', content: 'what' } },
      {
        onAccepted() {},
        onRejected: ({ status, headers }) =>
          void refused.push([`${status}`, ...headers.raw('Accept')]),
        onFailed() {},
      },
    );
    await simulation.run(1000);
    expect(refused).toEqual([['415', 'application/sdp, multipart/mixed, application/x-hint']]);
    void session.hangUp();
    await finish(both);
  });

  it('are nobody’s business in a call that takes none', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const told: number[] = [];
    bob.session.dialog?.update(
      { body: { type: 'application/x-hint', content: 'alone' } },
      { onAccepted: ({ status }) => void told.push(status), onRejected() {}, onFailed() {} },
    );
    await simulation.run(100);
    expect(told).toEqual([200]);
    void alice.session.hangUp();
    await finish(both);
  });
});
