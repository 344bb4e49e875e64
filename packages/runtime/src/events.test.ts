import { describe, expect, it } from 'vitest';
import { StrowgerError } from './errors.ts';
import { Emitter } from './events.ts';

interface Events {
  digit: { digit: string };
}

describe('Emitter', () => {
  it('tells its listeners in their order, until they leave', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    const leave = emitter.on('digit', ({ digit }) => heard.push(`a${digit}`));
    emitter.once('digit', ({ digit }) => heard.push(`b${digit}`));
    emitter.emit('digit', { digit: '1' });
    leave();
    leave();
    emitter.emit('digit', { digit: '2' });
    expect(heard).toEqual(['a1', 'b1']);
  });

  it('says whether anybody listens', () => {
    const emitter = new Emitter<Events>();
    expect(emitter.has('digit')).toBe(false);
    const leave = emitter.on('digit', () => {});
    expect(emitter.has('digit')).toBe(true);
    leave();
    expect(emitter.has('digit')).toBe(false);
  });

  it('reports a listener that throws and goes on', () => {
    const reported: unknown[] = [];
    const emitter = new Emitter<Events>((error) => reported.push(error));
    const heard: string[] = [];
    emitter.on('digit', () => {
      throw new Error('not my day');
    });
    emitter.on('digit', ({ digit }) => heard.push(digit));
    emitter.emit('digit', { digit: '#' });
    expect(heard).toEqual(['#']);
    expect(reported).toHaveLength(1);
  });

  it('iterates over what comes, until it is aborted', async () => {
    const emitter = new Emitter<Events>();
    const stop = new AbortController();
    const events = emitter.iterate('digit', { signal: stop.signal });
    const first = events.next();
    emitter.emit('digit', { digit: '5' });
    emitter.emit('digit', { digit: '6' });
    expect((await first).value).toEqual({ digit: '5' });
    expect((await events.next()).value).toEqual({ digit: '6' });
    const last = events.next();
    stop.abort();
    expect((await last).done).toBe(true);
  });

  it('says so when a slow reader lost events', async () => {
    const emitter = new Emitter<Events>();
    const events = emitter.iterate('digit', { limit: 1 });
    const first = events.next();
    for (const digit of '123') emitter.emit('digit', { digit });
    await first;
    await expect(events.next()).rejects.toThrow(StrowgerError);
  });
});

describe('StrowgerError', () => {
  it('is known by its mark, not by its class', () => {
    const error = new StrowgerError('MEDIA_UNSUPPORTED', 'no', { cause: 1 });
    expect(StrowgerError.isInstance(error)).toBe(true);
    expect(StrowgerError.isInstance(new Error('no'))).toBe(false);
    expect(error).toMatchObject({
      code: 'MEDIA_UNSUPPORTED',
      cause: 1,
      recovery: { kind: 'none' },
    });
  });
});
