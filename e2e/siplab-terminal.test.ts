import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type Background,
  background,
  describeWithPeers,
  isListening,
  root,
  until,
  workFolder,
} from './lab.ts';

const SIPLAB = join(root, 'apps/siplab/dist/main.js');

/** A terminal of 80 by 24, in a tmux of its own. */
class Terminal {
  private readonly socket: string;

  constructor(socket: string, command: string) {
    this.socket = socket;
    const size = ['-x', '80', '-y', '24'];
    this.tmux('-f', '/dev/null', 'new-session', '-d', ...size, command);
  }

  /** What it shows, without the empty lines at the end. */
  lines(): string[] {
    const lines = this.tmux('capture-pane', '-p', '-S', '-').split('\n');
    return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
  }

  /** Whether it shows its cursor, and in which column. */
  cursor(): string {
    return this.tmux('display-message', '-p', '#{cursor_flag} #{cursor_x}').trim();
  }

  press(key: string): void {
    this.tmux('send-keys', key);
  }

  stop(): void {
    spawnSync('tmux', ['-S', this.socket, 'kill-server']);
  }

  private tmux(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync('tmux', ['-S', this.socket, ...args]);
    if (status !== 0) throw new Error(String(stderr));
    return String(stdout);
  }
}

describeWithPeers(['sipp', 'ss', 'tmux'], 'siplab on a terminal, while it calls sipp', () => {
  const folder = workFolder('siplab-terminal');
  let sipp: Background;
  let terminal: Terminal;

  beforeEach(async () => {
    sipp = background(join(folder, 'uas.log'), [
      'timeout',
      ...'60 sipp -sn uas -i 127.0.0.1 -p 5070 -nostdin'.split(' '),
    ]);
    await until('sipp listens', () => isListening(5070));
    const load = 'run uac 127.0.0.1:5070 -l 127.0.0.1:5072 -r 20 -d 30s --pause 1s';
    const command = `${process.execPath} ${SIPLAB} ${load}; echo exit $?; sleep 60`;
    terminal = new Terminal(join(folder, 'tmux'), command);
  });
  afterEach(async () => {
    terminal.stop();
    await sipp.stop();
  });

  const counted = (): number => Number(/(\d+) calls:/.exec(terminal.lines().join('\n'))?.[1] ?? 0);

  it('counts live in a few lines, and ends on Ctrl-C with what was', async () => {
    await until('it counts', () => counted() > 20, 20_000);
    const before = counted();
    await until('it counts on', () => counted() > before + 20, 20_000);
    const live = terminal.lines();
    expect(live[0]).toMatch(
      /^ +\d+\.\d s +\d+\.\d calls\/s +\d+ calls: \d+ running, \d+ successful, 0 f/,
    );
    expect(live[1]).toMatch(/^ +sent again \d+, heard again \d+, strays 0$/);
    expect(live.slice(2).map((line) => line.trim().split(/ +/)[0])).toEqual([
      'INVITE',
      'rtd',
      'BYE',
    ]);
    terminal.press('C-c');
    await until('it has ended', () => terminal.lines().includes('exit 0'), 20_000);
    const [said, , ...rest] = terminal.lines();
    expect(said).toMatch(/^no more calls begin, \d+ are running; Ctrl-C once more does not wait$/);
    const whole = terminal.lines().join('\n');
    expect(whole.match(/calls\/s/g)).toHaveLength(1);
    expect(whole).toMatch(/\d+ calls: 0 running, \d+ successful, 0 failed/);
    expect(whole).not.toContain('^C');
    expect(rest.join('\n')).toMatch(/INVITE +\d+ times {2}p50/);
    expect(terminal.cursor()).toBe('1 0');
  });
});
