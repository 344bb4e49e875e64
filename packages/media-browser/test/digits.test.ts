import { VirtualClock } from '@strowger/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrowserMedia } from '../src/browser-media.ts';
import { sendEvents } from '../src/digit-events.ts';
import { FakePage } from './fake-page.ts';

/** A sender of digits that sends what a test lets it send. */
class FakeDtmf extends EventTarget {
  toneBuffer = '';
  canInsertDTMF = true;
  readonly listeners = new Set<unknown>();

  insertDTMF(tones: string): void {
    if (!this.canInsertDTMF) throw new DOMException('not now', 'InvalidStateError');
    this.toneBuffer = tones;
  }

  send(): void {
    const [tone = ''] = this.toneBuffer;
    this.toneBuffer = this.toneBuffer.slice(1);
    this.dispatchEvent(Object.assign(new Event('tonechange'), { tone }));
  }

  override addEventListener(type: string, listener: EventListener): void {
    this.listeners.add(listener);
    super.addEventListener(type, listener);
  }

  override removeEventListener(type: string, listener: EventListener): void {
    this.listeners.delete(listener);
    super.removeEventListener(type, listener);
  }
}

function sender() {
  const fake = new FakeDtmf();
  const clock = new VirtualClock();
  const end = new AbortController();
  const limits = { durationMs: 100, gapMs: 100, clock, ending: end.signal };
  const dtmf = fake as unknown as RTCDTMFSender; // as much of it as is used
  const send = (digits: string): Promise<void> => sendEvents(dtmf, digits, limits);
  const isLeft = (): void => {
    expect(clock.armedTimers).toBe(0);
    expect(fake.listeners.size).toBe(0);
  };
  return { fake, clock, end, send, isLeft };
}

describe('digits as events', () => {
  it('are sent when the browser has sent the last', async () => {
    const { fake, send, isLeft } = sender();
    const sending = send('12');
    for (let sent = 0; sent < 3; sent++) fake.send();
    await sending;
    isLeft();
  });

  it('are given up when the browser stops to send them, and not sent later', async () => {
    const { fake, clock, send, isLeft } = sender();
    const sending = send('12');
    fake.send();
    clock.advance(1600);
    await expect(sending).rejects.toMatchObject({ code: 'MEDIA_WRONG_STATE' });
    expect(fake.toneBuffer).toBe('');
    isLeft();
  });

  it('end with the call', async () => {
    const { fake, end, send, isLeft } = sender();
    const sending = send('12');
    fake.canInsertDTMF = false;
    end.abort();
    await expect(sending).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    isLeft();
  });

  it('leave nothing behind where the browser takes none', async () => {
    const { fake, send, isLeft } = sender();
    fake.canInsertDTMF = false;
    await expect(send('1')).rejects.toMatchObject({ code: 'MEDIA_WRONG_STATE' });
    isLeft();
  });
});

describe('digits as tones', () => {
  let page = new FakePage();

  beforeEach(() => {
    page = new FakePage();
    for (const [name, value] of Object.entries(page.globals())) vi.stubGlobal(name, value);
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  async function call() {
    const clock = new VirtualClock();
    const media = new BrowserMedia({ clock, microphone: false });
    const endpoint = await media.openEndpoint({ label: 'a call', onEvent: () => {} });
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const endTones = (): void => {
      for (const one of page.sources.splice(0)) one.dispatchEvent(new Event('ended'));
    };
    return { clock, endpoint, turn, endTones };
  }

  it('come one row after the other', async () => {
    const { clock, endpoint, turn, endTones } = await call();
    const first = endpoint.sendDigits('12');
    const second = endpoint.sendDigits('3');
    await turn();
    expect(page.sources, 'two for each digit, and one for the end').toHaveLength(5);
    endTones();
    await first;
    await turn();
    expect(page.sources).toHaveLength(3);
    endTones();
    await second;
    expect(clock.armedTimers).toBe(0);
  });

  it('are given up where the page may play nothing, and do not hold up the next', async () => {
    const { clock, endpoint, turn, endTones } = await call();
    const sending = endpoint.sendDigits('1');
    const next = endpoint.sendDigits('2');
    await turn();
    const [tone] = page.sources.splice(0);
    clock.advance(1300);
    await expect(sending).rejects.toMatchObject({ code: 'MEDIA_WRONG_STATE' });
    expect(
      [...(tone?.to ?? [])].map(({ to }) => to.size),
      'never to be heard',
    ).toEqual([0]);
    await turn();
    endTones();
    await next;
  });

  it('end with the call, those that wait as well', async () => {
    const { clock, endpoint, turn } = await call();
    const sending = endpoint.sendDigits('1');
    const waiting = endpoint.sendDigits('2');
    const ends = Promise.allSettled([sending, waiting]);
    await turn();
    await endpoint.close();
    const code = { status: 'rejected', reason: { code: 'MEDIA_CLOSED' } };
    expect(await ends).toMatchObject([code, code]);
    expect(clock.armedTimers).toBe(0);
  });
});
