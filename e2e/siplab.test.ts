import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { TestAuthority } from './certificates.ts';
import { KamailioProxy } from './kamailio-proxy.ts';
import {
  type Background,
  background,
  describeWithPeers,
  isListening,
  runToEnd,
  until,
  workFolder,
} from './lab.ts';
import { Pbx } from './pbx.ts';
import { scenarioFile, siplab, siplabInBackground } from './siplab.ts';
import { sippInBackground } from './sipp.ts';

const ALICE = ['-u', 'alice', '--password', 'pw-alice', '--set', 'caller=alice'];
const listen = (port: number): string[] => ['-l', `127.0.0.1:${port}`];

describeWithPeers(['sipp', 'ss'], 'siplab and sipp', () => {
  const folder = workFolder('siplab');
  const sippsOwn = (name: string): string => {
    const file = join(folder, `sipp-${name}.xml`);
    writeFileSync(file, runToEnd(['sipp', '-sd', name]).output);
    return file;
  };
  const sippArgs = ['-i', '127.0.0.1', '-nostdin'];

  it.each(['udp', 'tcp'])(
    "play sipp's own scenarios with each other over %s",
    async (transport) => {
      const over = ['-t', transport === 'udp' ? 'u1' : 't1'];
      const callee = background(join(folder, `uas-${transport}.log`), [
        'timeout',
        '60',
        'sipp',
        '-sn',
        'uas',
        '-p',
        '5070',
        '-m',
        '30',
        ...sippArgs,
        ...over,
      ]);
      await until('sipp listens', () => isListening(5070, transport as 'udp' | 'tcp'));
      const load = ['-m', '30', '-r', '10', '--pause', '100ms', '-t', transport];
      const called = siplab([sippsOwn('uac'), '127.0.0.1:5070', ...listen(5072), ...load]);
      expect(called, called.output).toMatchObject({ status: 0, successful: 30, failed: 0 });
      expect(await callee.ended).toBe(0);

      const answering = siplabInBackground(join(folder, `siplab-${transport}.log`), [
        sippsOwn('uas'),
        ...listen(5074),
        '-t',
        transport,
        '-m',
        '30',
      ]);
      await until('siplab listens', () => isListening(5074, transport as 'udp' | 'tcp'));
      const caller = runToEnd([
        'sipp',
        ...'-sn uac 127.0.0.1:5074 -p 5076 -m 30 -r 10 -d 100'.split(' '),
        ...sippArgs,
        ...over,
      ]);
      expect(caller.status, caller.output.slice(-2000)).toBe(0);
      expect(await answering.ended, answering.output()).toBe(0);
    },
  );

  it.each([
    ['caller-unchallenged', 'callee'],
    ['caller-cancels', 'callee-cancelled'],
  ])('play %s and %s of this folder with each other', async (caller, called) => {
    const callee = sippInBackground(folder, called, [
      ...sippArgs.slice(0, 2),
      '-p',
      '5070',
      '-m',
      '5',
    ]);
    await until('sipp listens', () => isListening(5070));
    const where = [scenarioFile(caller), '127.0.0.1:5070', ...listen(5072)];
    const result = siplab([...where, ...'-m 5 -r 5 -s bob --set caller=alice'.split(' ')]);
    expect(result, result.output).toMatchObject({ status: 0, successful: 5 });
    expect(await callee.ended, callee.output().slice(-1000)).toBe(0);
  });

  it('says what sipp sent instead, with a ladder', async () => {
    const callee = background(join(folder, 'busy.log'), [
      'timeout',
      '-k',
      '2',
      '20',
      'sipp',
      '-sf',
      sippsOwn('uas'),
      '-p',
      '5070',
      ...sippArgs,
    ]);
    await until('sipp listens', () => isListening(5070));
    const file = join(folder, 'wrong.ts');
    writeFileSync(
      file,
      `import { scenario } from '@strowger/siplab';
       export default scenario('wrong', {
         async caller(call): Promise<void> {
           call.invite();
           await call.expect(486, { after: '1xx' });
         },
       });`,
    );
    const called = siplab([file, '127.0.0.1:5070', ...listen(5072)]);
    await callee.stop(); // `timeout` passes the signal on, and kills sipp two seconds later
    expect(called).toMatchObject({ status: 1, failed: 1 });
    expect(called.output).toContain('unexpected: 200 OK came, waited for 486');
    expect(called.output).toMatch(/0\.000 {2}\|-* INVITE \(SDP\) -*>\|/);
    expect(called.output).toMatch(/\|-* BYE -*>\|/);
  });
});

describeWithPeers(['kamailio', 'openssl', 'ss'], 'siplab and the PBX', () => {
  const folder = workFolder('siplab-pbx');
  const authority = new TestAuthority(folder);
  const running: Background[] = [];
  let pbx: Pbx;

  beforeAll(async () => {
    const points = ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060', 'tls:127.0.0.1:5061'];
    pbx = await Pbx.start(folder, {
      listen: [...points, 'ws:127.0.0.1:5062'],
      tls: authority.issue(),
      webSocket: { allowNoOrigin: true },
    });
  });
  beforeEach(() => {
    const bob = ['-s', 'bob', '-u', 'bob', '--password', 'pw-bob'];
    const registered = siplab([
      scenarioFile('register'),
      '127.0.0.1:5060',
      ...listen(5070),
      ...bob,
    ]);
    expect(registered, registered.output).toMatchObject({ status: 0, successful: 1 });
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  });
  afterAll(async () => {
    await pbx.isQuiet();
    expect(await pbx.stop()).toBe(0);
  });

  const callee = async (scenario: string, calls: number): Promise<Background> => {
    const args = [scenarioFile(scenario), ...listen(5070), '-m', String(calls)];
    const answering = siplabInBackground(join(folder, `${process.hrtime()[1]}.log`), args);
    running.push(answering);
    await until('the callee listens', () => isListening(5070));
    return answering;
  };

  it.each([
    ['caller', 'callee', ['--pause', '300ms']],
    ['caller-routed', 'callee-routed', ['--pause', '300ms']],
    ['caller-reliable', 'callee-reliable', ['--pause', '3s']],
  ])('play the scenarios %s and %s of this folder', async (caller, called, more) => {
    const answering = await callee(called, 1);
    const result = siplab([
      scenarioFile(caller),
      '127.0.0.1:5060',
      ...listen(5072),
      '-s',
      'bob',
      ...ALICE,
      ...more,
    ]);
    expect(result, result.output).toMatchObject({ status: 0, successful: 1 });
    expect(await answering.ended, answering.output()).toBe(0);
  });

  it('play one in TypeScript from both sides: held, resumed, hung up', async () => {
    const answering = await callee('apps/siplab/scenarios/hold.ts', 5);
    const hold = [scenarioFile('apps/siplab/scenarios/hold.ts'), '127.0.0.1:5060', '-s', 'bob'];
    const result = siplab([...hold, ...ALICE, ...listen(5072), '-m', '5', '-r', '2']);
    expect(result, result.output).toMatchObject({ status: 0, successful: 5 });
    expect(await answering.ended, answering.output()).toBe(0);
  });

  it.each([
    ['tcp', '127.0.0.1:5060'],
    ['tls', '127.0.0.1:5061'],
    ['ws', '127.0.0.1:5062'],
  ])('call the echo over %s', (transport, at) => {
    const file = scenarioFile('apps/siplab/scenarios/call.ts');
    const where = [file, at, '-t', transport, ...listen(0), '--ca', authority.cert];
    const path = ['--ws-path', '/sip'];
    const result = siplab([
      ...where,
      ...path,
      ...ALICE,
      '-s',
      '*43',
      '--pause',
      '200ms',
      '-m',
      '3',
    ]);
    expect(result, result.output).toMatchObject({ status: 0, successful: 3 });
  });

  it('call through kamailio with Record-Route', async () => {
    const proxy = await KamailioProxy.start(folder, authority.issue('proxy'));
    try {
      const answering = await callee('callee-routed', 1);
      const caller = [scenarioFile('caller-routed'), '127.0.0.1:5093', ...listen(5072)];
      const result = siplab([...caller, '-s', 'bob', ...ALICE, '--pause', '300ms']);
      expect(result, result.output).toMatchObject({ status: 0, successful: 1 });
      expect(await answering.ended, answering.output()).toBe(0);
      expect(proxy.insane()).toEqual([]);
      expect(proxy.routed()).toContain('BYE');
    } finally {
      await proxy.stop();
    }
  });
});
