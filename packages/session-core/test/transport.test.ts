import { uri } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { finish, Phone, type Scene } from './two-phones.ts';

/** Two phones that take TLS as well, and what their guards are told. */
function phones(): Scene & { told: string[] } {
  const simulation = createSimulation({ seed: 1 });
  const told: string[] = [];
  const phone = (name: string): Phone => {
    const made = new Phone(simulation, name, { listen: ['udp', 'tcp', 'tls'] });
    made.manager.on('security', ({ what, severity, detail }) => {
      told.push(`${name} ${severity} ${what}: ${detail}`);
    });
    return made;
  };
  return { simulation, told, alice: phone('alice'), bob: phone('bob') };
}

describe('P41-3 the transport of a session', () => {
  it.each([
    ['sip:bob@bob', undefined, 'udp', false],
    ['sip:bob@bob', 'tcp', 'tcp', false],
    ['sip:bob@bob', 'tls', 'tls', true],
    ['sip:bob@bob;transport=tcp', undefined, 'tcp', false],
    ['sips:bob@bob:5060', undefined, 'tls', true],
    ['sips:bob@bob:5060', 'tls', 'tls', true],
  ] as const)(
    'to %s with the wish %s is %s, told on both sides',
    async (to, transport, name, isSecure) => {
      const both = phones();
      const session = both.alice.call('bob', { to: uri(to), transport });
      expect(session.transport).toBe(undefined);
      await both.simulation.run(1000);
      expect(session.state).toBe('connected');
      expect(session.transport).toEqual({ name, isSecure, address: '10.0.0.2', port: 5060 });
      expect(both.bob.session.transport).toMatchObject({ name, isSecure, address: '10.0.0.1' });
      expect(session.dialog?.isSecure).toBe(to.startsWith('sips'));
      const held = both.bob.session.hold();
      await both.simulation.run(1000);
      await held;
      expect(session.transport).toMatchObject({ name, isSecure });
      void session.hangUp();
      await finish(both);
      expect(both.told).toEqual([]);
    },
  );

  it('never goes over less than sips: asks for, and the end says why', async () => {
    const both = phones();
    const insecure = { transport: 'udp', address: '10.0.0.2', port: 5060 } as const;
    const session = both.alice.call('bob', { to: uri('sips:bob@bob'), hops: [insecure] });
    await both.simulation.run(1000);
    expect(await session.ended).toMatchObject({
      kind: 'transportFailed',
      code: 'INSECURE_HOP',
      text: 'sips: goes over secure hops alone, not udp to 10.0.0.2:5060',
    });
    expect(both.told).toEqual([expect.stringMatching(/^alice critical insecureHop: sips:/)]);
    expect(both.bob.manager.sessions()).toEqual([]);
    await finish(both);
  });

  it('takes the secure ones of several hops', async () => {
    const both = phones();
    const hop = { address: '10.0.0.2', port: 5060 } as const;
    const hops = [
      { transport: 'udp', ...hop },
      { transport: 'tls', ...hop },
    ] as const;
    const session = both.alice.call('bob', { to: uri('sips:bob@bob'), hops });
    await both.simulation.run(1000);
    expect(session.transport?.name).toBe('tls');
    void session.hangUp();
    await finish(both);
  });

  it('that is asked for and not among the hops is none', async () => {
    const both = phones();
    const hops = [{ transport: 'udp', address: '10.0.0.2', port: 5060 }] as const;
    const session = both.alice.call('bob', { hops, transport: 'tcp' });
    await both.simulation.run(1000);
    expect(await session.ended).toMatchObject({ kind: 'transportFailed', code: 'NO_ROUTE' });
    await finish(both);
  });

  it('that sips: forbids is refused at once', () => {
    const { alice } = phones();
    const call = (): unknown => alice.call('bob', { to: uri('sips:bob@bob'), transport: 'udp' });
    expect(call).toThrow('transport is udp; allowed: tls or wss with a sips: address');
    expect(alice.manager.sessions()).toEqual([]);
  });

  it('keeps its dialog secure where the peer says a Contact that is not', async () => {
    const both = phones();
    const { simulation, alice, bob } = both;
    bob.onIncoming = (session) => session.answer({ headers: [['Contact', '<sip:bob@10.0.0.2>']] });
    const session = alice.call('bob', { to: uri('sips:bob@bob:5060') });
    await simulation.run(1000);
    expect(session.dialog?.remoteTarget.toString()).toBe('sip:bob@10.0.0.2');
    const offered: boolean[] = [];
    bob.manager.on('changeOffered', ({ withOffer }) => offered.push(withOffer));
    const held = session.hold().catch((error: Error) => error.message);
    await simulation.run(1000);
    // the Contact leads nowhere but over UDP: nothing leaves, rather than that
    expect(await held).toMatch(/transport/);
    expect([offered, session.transport?.name]).toEqual([[], 'tls']);
    await simulation.runUntilQuiet();
  });

  it('is nothing that a stranger can change who knows the Call-ID', async () => {
    const both = phones();
    const { simulation, alice, bob } = both;
    const session = alice.call('bob', { to: uri('sips:bob@bob:5060') });
    await simulation.run(1000);
    const mallory = simulation.network.host('mallory');
    const { callId = '' } = session.dialog?.id ?? {};
    const forged = [
      'BYE sips:bob@10.0.0.2 SIP/2.0',
      `Via: SIP/2.0/UDP ${mallory.address}:5060;branch=z9hG4bKforged`,
      'Max-Forwards: 70',
      'From: <sips:alice@alice>;tag=guessed',
      'To: <sips:bob@bob>;tag=guessed',
      `Call-ID: ${callId}`,
      'CSeq: 9 BYE',
      'Content-Length: 0',
      '',
      '',
    ];
    mallory.sendBytes(Buffer.from(forged.join('\r\n')), bob.host.hop('udp'));
    await simulation.run(100);
    expect(bob.session.transport).toMatchObject({ name: 'tls', address: '10.0.0.1' });
    expect(both.told).toEqual([]);
    void session.hangUp();
    await finish(both);
  });

  it('of a sips: call that came in over less is refused with 403', async () => {
    const both = phones();
    const { simulation, alice, bob } = both;
    // a peer that does not keep to it: the layer of ours would not send this
    const hop = bob.host.hop('udp');
    alice.host.sendBytes(
      Buffer.from(
        [
          'INVITE sips:bob@bob SIP/2.0',
          'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKforged',
          'Max-Forwards: 70',
          'From: <sips:eve@alice>;tag=1',
          'To: <sips:bob@bob>',
          'Call-ID: forged',
          'CSeq: 1 INVITE',
          'Contact: <sips:eve@10.0.0.1>',
          'Content-Length: 0',
          '',
          '',
        ].join('\r\n'),
      ),
      hop,
    );
    await simulation.run(100);
    expect(bob.end).toBe('ended rejected by local 403/21');
    expect(both.told).toEqual(['bob critical insecureHop: a sips: call came in over udp']);
    await simulation.runUntilQuiet();
  });
});
