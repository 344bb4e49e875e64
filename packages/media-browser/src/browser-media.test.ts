import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { BrowserMedia, callAudio } from './browser-media.ts';

const request = { label: 'a call', onEvent: () => {} };

describe('what a browser cannot', () => {
  it.each([
    ['media in the clear', { srtp: 'off' }],
    ['keys in descriptions', { keying: ['sdes'] }],
    ['doing without ICE', { ice: 'off' }],
  ] as const)('is refused before the microphone is asked for: %s', async (_, wish) => {
    const media = new BrowserMedia({ clock: new VirtualClock() });
    const opening = media.openEndpoint({ ...request, ...wish });
    await expect(opening).rejects.toMatchObject({ code: 'MEDIA_UNSUPPORTED' });
    expect(media.usage()).toEqual({ endpoints: 0, ports: 0 });
  });

  it('is refused: relays and conferences', async () => {
    const media = new BrowserMedia({ clock: new VirtualClock() });
    await expect(media.openRelay()).rejects.toMatchObject({ code: 'MEDIA_UNSUPPORTED' });
    await expect(media.openConference()).rejects.toMatchObject({ code: 'MEDIA_UNSUPPORTED' });
  });

  it('is refused once it is closed', async () => {
    const media = new BrowserMedia({ clock: new VirtualClock() });
    await media.close();
    await expect(media.openEndpoint(request)).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
  });

  it('is told of a call without media', () => {
    expect(() => callAudio({ session: {} })).toThrow(expect.objectContaining({ code: 'NO_MEDIA' }));
  });
});
