import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers, workFolder } from './lab.ts';
import { Linphone } from './linphone.ts';
import { Pbx } from './pbx.ts';
import { shows } from './shows.ts';

const registrar = (name: string) => ({ domain: '127.0.0.1:5060', password: `pw-${name}` });

describeWithPeers(['linphonec'], 'texts between phones of the PBX', () => {
  const folder = workFolder('texts');
  const alice = new Linphone({ folder, name: 'alice', port: 5110, registrar: registrar('alice') });
  const bob = new Linphone({ folder, name: 'bob', port: 5120, registrar: registrar('bob') });
  let pbx: Pbx;
  beforeAll(async () => {
    pbx = await Pbx.start(folder);
    await Promise.all([alice.start(), bob.start()]);
  });
  afterAll(async () => {
    await Promise.all([alice.stop(), bob.stop()]);
    expect(await pbx.stop()).toBe(0);
  });

  it('reach them, and what comes back does as well', async () => {
    bob.forget();
    await alice.command('chat sip:bob@127.0.0.1:5060 "wie geht es?"');
    await bob.says(/Message received from .*alice.*wie geht es\?/su);
    alice.forget();
    await bob.command('chat sip:alice@127.0.0.1:5060 "gut"');
    await alice.says(/Message received from .*bob.*gut/su);
    shows('linphone', 'Services: MESSAGE (RFC 3428)');
  });
});
