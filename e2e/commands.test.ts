import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { root, until } from './lab.ts';

/** A command of the README, run in the project's folder. */
function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  process.on('exit', () => child.kill('SIGKILL'));
  const ended = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
  return { child, ended, output: () => output };
}

/** Whether nobody answers there any more. */
function isSilent(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    () => true,
  );
}

describe("the README's commands", () => {
  it('npm start runs the PBX, with passwords that it made up, until it is told to stop', async () => {
    const env = { STROWGER_STORE: 'memory', STROWGER_LISTEN: 'udp:127.0.0.1:5062' };
    const start = run('npm', ['start'], env);
    await until('ready', () => start.output().includes('ready: register alice, bob'), 50_000);
    expect(start.output()).toMatch(/user alice, password \w{16} \(made up; shown only now\)/);
    expect((await fetch('http://127.0.0.1:8080/health')).status).toBe(200);
    start.child.kill('SIGTERM');
    await start.ended; // npm's own code tells of the signal
    await until('the PBX has ended', () => isSilent('http://127.0.0.1:8080/health'));
  });

  it('the second start takes under five seconds; SIGTERM drains it, and it exits 0', async () => {
    const env = { STROWGER_STORE: 'memory', STROWGER_LISTEN: 'udp:127.0.0.1:5062' };
    const start = run(process.execPath, ['scripts/run.mjs', 'start'], env);
    await until('ready', () => start.output().includes('ready: '), 5000);
    start.child.kill('SIGTERM');
    expect(await start.ended).toBe(0);
  });

  it('npm run demo lets two phones talk and exits 0 only if each heard the other', async () => {
    const demo = run('npm', ['run', 'demo']);
    expect(await demo.ended, demo.output()).toBe(0);
    expect(demo.output()).toContain('each heard the other');
    // the call, the call with credentials, hold, resume
    expect(demo.output().match(/alice --> pbx +INVITE \(SDP\)/g)).toHaveLength(4);
    expect(demo.output()).toContain('"outcome": "answered"');
  });

  it('npm run demo:agent exits 0 only if caller and agent understood each other', async () => {
    const demo = run('npm', ['run', 'demo:agent', '--', '--recorded']);
    expect(await demo.ended, demo.output()).toBe(0);
    expect(demo.output()).toContain('breakfast: yes; newspaper: no; room: 407');
  });

  it('a wrong configuration gets line, key and what is allowed, and exit code 2', async () => {
    const wrong = run('npm', ['start'], { STROWGER_MEDIA_PORTS: '17' });
    expect(await wrong.ended).toBe(2);
    expect(wrong.output()).toContain('STROWGER_MEDIA_PORTS: media.ports: 17 is not allowed');
  });
});
