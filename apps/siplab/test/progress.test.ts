import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import type { Screen } from '../src/live-view.ts';
import { followProgress } from '../src/progress.ts';
import { runLoad } from '../src/load.ts';
import { StepFailed } from '../src/step-failed.ts';
import { Tally } from '../src/tally.ts';
import { FakeScreen } from './fake-screen.ts';

/** Calls of three seconds, ten a second, with whatever becomes of them. */
function arrange(screen: Screen | undefined, end: (tally: Tally) => void) {
  const clock = new VirtualClock();
  const tally = new Tally();
  const interrupted = new AbortController();
  const logged: string[] = [];
  const { signal } = interrupted;
  const log = (text: string): void => void logged.push(text);
  const progress = followProgress(tally, { clock, screen, log, signal });
  const place = (): Promise<void> => {
    tally.began();
    return new Promise((resolve) => {
      clock.arm(3000, () => {
        end(tally);
        resolve();
      });
    });
  };
  const load = runLoad({ rate: 10, durationMs: 60_000 }, { clock, place, signal });
  return { clock, tally, progress, interrupted, logged, load };
}

const succeed = (tally: Tally): void => {
  tally.responseTime('INVITE', 1234.5);
  tally.succeeded();
};

describe('the counts of a run, on a terminal', () => {
  it('are repainted twice a second, each time in one piece', () => {
    const screen = new FakeScreen();
    const { clock, progress } = arrange(screen, succeed);
    clock.advance(499);
    expect(screen.lines).toEqual([]);
    clock.advance(1);
    expect(screen.lines).toEqual([
      '    0.5 s   10.0 calls/s   5 calls: 5 running, 0 successful, 0 failed',
      '          sent again 0, heard again 0, strays 0',
    ]);
    clock.advance(9500);
    expect(screen.writes).toBe(20);
    expect(screen.lines).toEqual([
      '   10.0 s   10.0 calls/s   100 calls: 29 running, 71 successful, 0 failed',
      '          sent again 0, heard again 0, strays 0',
      '          INVITE        71 times  p50 1235  p90 1235  p99 1235  max 1235 ms',
    ]);
    progress.stop();
    expect(screen.lines).toEqual([]);
    expect(clock.armedTimers).toBeGreaterThan(0); // calls that run, and the load
  });

  it('never wrap, whatever a call failed for, and never scroll', () => {
    const screen = new FakeScreen(80, 10);
    let failures = 0;
    const { clock } = arrange(screen, (tally) => {
      const why = `cause ${failures++ % 20} \u001b[2J ${'and so on '.repeat(20)}`;
      tally.failedBy(new StepFailed('unexpected', why));
    });
    clock.advance(20_000);
    expect(screen.lines).toHaveLength(9);
    expect(screen.lines.at(-1)).toBe('          … and 14 lines more');
    expect(screen.lines.every((line) => line.length < 80)).toBe(true);
    expect(screen.lines[2]).toMatch(/^ {16}\d+ unexpected: cause \d+ \ufffd\[2J and so on.*…$/);
    screen.columns = 40;
    clock.advance(500);
    expect(screen.lines[0]).toBe('   20.5 s   10.0 calls/s   205 calls: …');
  });

  it('are shown as on 80 by 24 where the terminal does not know its size', () => {
    const screen = new FakeScreen();
    const { clock } = arrange(
      { write: (text) => screen.write(text), columns: 0, rows: 0 },
      succeed,
    );
    clock.advance(500);
    expect(screen.lines[0]).toBe(
      '    0.5 s   10.0 calls/s   5 calls: 5 running, 0 successful, 0 failed',
    );
  });

  it('make room for what is said meanwhile, which stays above them', () => {
    const screen = new FakeScreen();
    const { clock, progress } = arrange(screen, succeed);
    progress.log('listening at 127.0.0.1:5060');
    clock.advance(1000);
    progress.log('one\ntwo');
    clock.advance(1000);
    expect(screen.lines).toEqual([
      'listening at 127.0.0.1:5060',
      'one',
      'two',
      expect.stringMatching(/^ {4}2\.0 s .* 20 calls: 20 running/),
      '          sent again 0, heard again 0, strays 0',
    ]);
  });

  it('go on after Ctrl-C, which is said and leaves no trace, until the last call has ended', async () => {
    const screen = new FakeScreen();
    const { clock, progress, interrupted, load } = arrange(screen, succeed);
    clock.advance(1000);
    screen.typed('^C');
    interrupted.abort();
    clock.advance(500);
    expect(screen.lines).toEqual([
      'no more calls begin, 11 are running; Ctrl-C once more does not wait',
      expect.stringMatching(/^ {4}1\.5 s .* 11 calls: 11 running, 0 successful, 0 failed$/),
      '          sent again 0, heard again 0, strays 0',
    ]);
    clock.advance(3000);
    await load;
    progress.stop();
    expect(screen.lines).toHaveLength(1);
    expect(progress.text()).toContain('11 calls: 0 running, 11 successful, 0 failed');
    expect(clock.armedTimers).toBe(0);
  });
});

it('the counts of a run without a terminal are a line every ten seconds', () => {
  const { clock, logged, progress } = arrange(undefined, succeed);
  clock.advance(29_999);
  progress.stop();
  expect(logged).toEqual([
    expect.stringMatching(/^ {3}10\.0 s {3}10\.0 calls\/s {3}100 calls: 30 running, 70 successful/),
    expect.stringMatching(/^ {3}20\.0 s .* 200 calls: 30 running, 170 successful, 0 failed$/),
  ]);
});
