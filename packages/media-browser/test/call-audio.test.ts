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
    one.echo(false);
    one.echo(true);
    one.echo(true);
    one.echo(false);
    one.echo(false);
  });
});

describe('a call that cannot be opened', () => {
  const opening = (options: Partial<BrowserMediaOptions>): Promise<unknown> => {
    const media = new BrowserMedia({ clock: new VirtualClock(), microphone: false, ...options });
    return media.openEndpoint({ label: 'a call', onEvent: () => {} });
  };

  it('leaves nothing behind: a microphone without sound', async () => {
    const silent = opening({ microphone: new MediaStream() });
    await expect(silent).rejects.toMatchObject({ name: 'InvalidStateError' });
    expect(page.connections).toEqual([]);
    expect(page.voices).toEqual([]);
  });

  it('leaves nothing behind: servers that the browser does not take', async () => {
    vi.stubGlobal('RTCPeerConnection', function RTCPeerConnection() {
      throw new DOMException('bad server', 'SyntaxError');
    });
    await expect(opening({})).rejects.toMatchObject({ name: 'SyntaxError' });
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

  it('is not chosen where the browser lets nobody choose', () => {
    vi.stubGlobal('Audio', page.globals({ speakers: false })['Audio']);
    expect(() => audio({ speaker: 'another' })).not.toThrow();
  });
});
