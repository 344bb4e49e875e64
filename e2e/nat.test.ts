import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Call, SipClient } from '@strowger/sip-client';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  type Background,
  background,
  describeWithPeers,
  here,
  pause,
  until,
  workFolder,
} from './lab.ts';

const WORLD = '198.51.100.1';
const OUTSIDE = '198.51.100.2';
const GATE = '192.168.77.1';
const HOME = '192.168.77.2';

/** How long the NAT keeps a binding that nothing passes, in seconds. */
const BINDING_S = 7;

/** A machine of its own: a network namespace. */
class Machine {
  readonly pid: number;
  private readonly holder: Background;

  private constructor(pid: number, holder: Background) {
    this.pid = pid;
    this.holder = holder;
  }

  static async start(log: string): Promise<Machine> {
    const asleep = ['sh', '-c', 'echo $$; exec sleep 300'];
    const holder = background(log, ['unshare', '--net', ...asleep]);
    const said = (): string | undefined => /^(\d+)$/mu.exec(holder.output())?.[1];
    return new Machine(Number(await until('a machine', said)), holder);
  }

  /** What runs a command there. */
  get inside(): string[] {
    return ['nsenter', '-t', String(this.pid), '-n'];
  }

  run(line: string): void {
    execFileSync('nsenter', [...this.inside.slice(1), 'sh', '-c', line]);
  }

  async stop(): Promise<void> {
    await this.holder.stop('SIGKILL');
  }
}

describeWithPeers(
  ['ip', 'iptables', 'kamailio', 'nsenter', 'sipp', 'unshare'],
  'a client behind the NAT of Linux, and a registrar that knows nothing of NATs',
  () => {
    const folder = workFolder('nat');
    let router: Machine;
    let world: Machine;
    let kamailio: Background;
    let client: SipClient;

    beforeAll(async () => {
      router = await Machine.start(join(folder, 'router.log'));
      world = await Machine.start(join(folder, 'world.log'));
      const home = (line: string): void => void execFileSync('sh', ['-c', line]);
      home('ip link add home type veth peer name gate');
      home(`ip link set gate netns ${router.pid}`);
      home(`ip addr add ${HOME}/24 dev home && ip link set home up`);
      router.run('ip link add wan type veth peer name eth0');
      router.run(`ip link set eth0 netns ${world.pid}`);
      router.run(`ip addr add ${GATE}/24 dev gate && ip link set gate up`);
      router.run(`ip addr add ${OUTSIDE}/24 dev wan && ip link set wan up`);
      router.run('echo 1 > /proc/sys/net/ipv4/ip_forward');
      router.run('iptables -t nat -A POSTROUTING -o wan -p udp -j MASQUERADE --random-fully');
      for (const kind of ['udp_timeout', 'udp_timeout_stream']) {
        router.run(`echo ${BINDING_S} > /proc/sys/net/netfilter/nf_conntrack_${kind}`);
      }
      home(`ip route add 198.51.100.0/24 via ${GATE}`);
      world.run(`ip link set lo up && ip addr add ${WORLD}/24 dev eth0 && ip link set eth0 up`);
      const config = join(here, 'kamailio-plain.cfg');
      const rest = ['-P', join(folder, 'pid'), '-Y', folder, '-w', folder, '-DD', '-E'];
      kamailio = background(join(folder, 'kamailio.log'), [
        'nsenter',
        ...world.inside.slice(1),
        'kamailio',
        '-f',
        config,
        '-m',
        '64',
        '-M',
        '8',
        ...rest,
      ]);
      await until(
        'kamailio listens',
        () => {
          const args = [...world.inside.slice(1), 'ss', '-Hlun', 'sport = :5060'];
          return execFileSync('nsenter', args).length > 0;
        },
        10_000,
      );
    }, 30_000);
    afterEach(async () => client.close());
    afterAll(async () => {
      await kamailio.stop();
      await Promise.all([router.stop(), world.stop()]);
      execFileSync('sh', ['-c', 'ip link del home 2>/dev/null || true']);
    });

    /** Registered there. */
    async function phone(keepAliveMs: number): Promise<void> {
      client = new SipClient({
        uri: `sip:alice@${WORLD}`,
        keepAliveMs,
        media: { ports: { from: 42_000, to: 42_099 } },
      });
      const outcome = await client.registerAndWait({ timeoutMs: 5000 });
      expect(outcome).toMatchObject({ registered: true });
    }

    /** Somebody out there calls, is answered, and hangs up. Gives sipp's exit code and how it ended here. */
    async function called(): Promise<{ code: number; ended: string | undefined }> {
      let deaf = (): void => {};
      const call = new Promise<Call>((resolve) => {
        deaf = client.on('incoming', (one) => {
          void one.answer();
          resolve(one);
        });
      });
      const scenario = join(here, 'sipp', 'caller-unchallenged.xml');
      const target = [`${WORLD}:5060`, '-s', 'alice', '-set', 'caller', 'carol'];
      const where = [
        '-i',
        WORLD,
        '-p',
        '5070',
        '-m',
        '1',
        '-d',
        '500',
        '-timeout',
        '6',
        '-nostdin',
      ];
      const sipp = background(
        join(folder, 'sipp.log'),
        [
          'nsenter',
          ...world.inside.slice(1),
          'timeout',
          '10',
          'sipp',
          '-sf',
          scenario,
          ...target,
          ...where,
        ],
        { cwd: folder },
      );
      const code = await sipp.ended;
      const reached = await Promise.race([call, pause(200)]);
      deaf();
      const end = reached === undefined ? undefined : await reached.ended;
      return { code, ended: end && `${end.kind} by ${end.by}` };
    }

    it('is called, and spoken to within the call, where its Contact is what the registrar sees', async () => {
      await phone(5000);
      const [first = '', second = ''] = kamailio.output().match(/REGISTER .*/g) ?? [];
      expect(first).toMatch(/<sip:alice@(192\.168|10)\./); // an address of its own
      const seen = /from 198\.51\.100\.2:(\d+)/.exec(second)?.[1];
      expect(second).toContain(`<sip:alice@${OUTSIDE}:${seen}>`);
      expect(second).toContain(';expires=0');
      expect(await called()).toEqual({ code: 0, ended: 'hungUp by remote' });
      expect(kamailio.output()).toContain(`INVITE to sip:alice@${OUTSIDE}:${seen}`);
      expect(kamailio.output()).toMatch(/routed BYE to \S*sip:alice@198\.51\.100\.2:/);
    });

    it('is still called when it was silent for longer than the NAT waits, by keep-alive alone', async () => {
      await phone(5000);
      await pause((BINDING_S * 2 + 1) * 1000);
      expect(await called()).toEqual({ code: 0, ended: 'hungUp by remote' });
    }, 60_000);

    it('is not without it, and again when it has registered from its new place', async () => {
      await phone(0);
      await pause((BINDING_S + 1) * 1000);
      expect(await called()).toMatchObject({ ended: undefined });
      await client.register();
      expect(await called()).toEqual({ code: 0, ended: 'hungUp by remote' });
    }, 60_000);
  },
);
