import { VirtualClock } from '@strowger/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrowserMedia, type BrowserMediaOptions } from '../src/browser-media.ts';
import { CallAudio } from '../src/call-audio.ts';
import { FakePage } from './fake-page.ts';

let page = new FakePage();

beforeEach(() => {
  page = new FakePage();
  for (const [name, value] of Object.entries(page.globals())) vi.stubGlobal(name, value);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function audio({ speaker = true as boolean | string } = {}): CallAudio {
  return new CallAudio({ context: page.audioContext, microphone: undefined, speaker });
}

describe('an echo', () => {
  it('may be ended that never began', () => {
    const one = audio();
    const { in: heard, lips: said } = one as unknown as { in: { to: Set<unknown> }; lips: unknown };
    const states = [false, true, true, false, false].map((enabled) => {
      one.echo(enabled);
      return heard.to.has(said);
    });
    expect(states).toEqual([false, true, true, false, false]);
  });
});

describe('a call that is muted', () => {
  it('says nothing but digits, and something again', () => {
    const one = audio();
    const { lips, out } = one as unknown as {
      lips: { to: Set<unknown>; gain: { value: number } };
      out: unknown;
    };
    one.hush(true);
    expect([lips.gain.value, lips.to.has(out), one.isMuted]).toEqual([0, true, false]);
    void one.dial('5', {
      durationMs: 100,
      gapMs: 100,
      clock: new VirtualClock(),
      ending: new AbortController().signal,
    });
    const levels = page.sources.flatMap(({ to }) => [...to]);
    expect(levels.filter(({ to }) => to.has(out as never))).toHaveLength(2);
    one.hush(false);
    expect(lips.gain.value).toBe(1);
  });
});

describe('a microphone', () => {
  it('is heard where it is neither muted nor of somebody who has put the other side on hold', () => {
    const one = audio();
    const { talk } = one as unknown as { talk: { gain: { value: number } } };
    const steps = [
      () => one.hold(true),
      () => one.mute(true),
      () => one.hold(false),
      () => one.mute(false),
    ];
    const seen = steps.map((step) => {
      step();
      return [talk.gain.value, one.isMuted];
    });
    expect(seen).toEqual([
      [0, false],
      [0, true],
      [0, true],
      [1, false],
    ]);
  });
});

describe('a call that cannot be opened', () => {
  const opening = (options: Partial<BrowserMediaOptions>): Promise<unknown> => {
    const media = new BrowserMedia({ clock: new VirtualClock(), microphone: false, ...options });
    return media.openEndpoint({ label: 'a call', onEvent: () => {} });
  };

  it('leaves nothing behind: a microphone without sound', async () => {
    const silent = opening({ microphone: new MediaStream() });
    await expect(silent).rejects.toMatchObject({
      code: 'MEDIA_FAILED',
      cause: { name: 'InvalidStateError' },
    });
    expect(page.connections).toEqual([]);
    expect(page.voices).toEqual([]);
  });

  it('leaves nothing behind: servers that the browser does not take', async () => {
    vi.stubGlobal('RTCPeerConnection', function RTCPeerConnection() {
      throw new DOMException('bad server', 'SyntaxError');
    });
    await expect(opening({})).rejects.toMatchObject({
      code: 'MEDIA_FAILED',
      cause: { name: 'SyntaxError' },
    });
    expect(page.voices.map(({ isOver }) => isOver)).toEqual([true]);
  });
});

describe('a loudspeaker', () => {
  it('that is gone does no harm: the default one is heard', async () => {
    const unhandled = vi.fn<(cause: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    audio({ speaker: 'gone' });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('is refused with a code where there is no such one', async () => {
    const choosing = audio().setSpeaker('gone');
    await expect(choosing).rejects.toMatchObject({ code: 'MEDIA_FAILED' });
  });

  it('is as loud as may be, and no louder', () => {
    const one = audio();
    one.setVolume(0.5);
    for (const volume of [-0.1, 1.1, Number.NaN]) {
      expect(() => one.setVolume(volume)).toThrow(
        expect.objectContaining({ code: 'MEDIA_BAD_VOLUME' }),
      );
    }
  });

  it('is not chosen where the browser lets nobody choose', () => {
    vi.stubGlobal('Audio', page.globals({ speakers: false })['Audio']);
    expect(() => audio({ speaker: 'another' })).not.toThrow();
  });
});
