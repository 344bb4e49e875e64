import { FakeMediaBackend } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { LocalMedia } from './local-media.ts';

/** Media of a machine whose address changes. */
function machine(): { media: LocalMedia; opened: string[]; move: (address: string) => void } {
  let address = '192.0.2.1';
  const opened: string[] = [];
  const media = new LocalMedia({
    address: (label) => (label === 'a call that moved' ? '10.9.0.7' : address),
    open: (wanted) => {
      opened.push(wanted);
      return new FakeMediaBackend({ address: wanted });
    },
  });
  return { media, opened, move: (next) => void (address = next) };
}

const request = { label: 'a call', onEvent: () => {} };

describe('media on the address that reaches the other side', () => {
  it('opens a backend with the first call and keeps it', async () => {
    const { media, opened } = machine();
    expect([opened, media.usage()]).toEqual([[], { endpoints: 0, ports: 0 }]);
    await media.openEndpoint(request);
    await media.openRelay(request);
    expect([opened, media.usage().endpoints]).toEqual([['192.0.2.1'], 3]);
    await media.close();
    expect(media.usage()).toEqual({ endpoints: 0, ports: 0 });
  });

  it('moves with the machine, and leaves calls where they are', async () => {
    const { media, opened, move } = machine();
    const first = await media.openEndpoint(request);
    move('198.51.100.7');
    const second = await media.openEndpoint(request);
    expect(await first.createOffer()).toContain('192.0.2.1');
    expect(await second.createOffer()).toContain('198.51.100.7');
    await first.close();
    move('203.0.113.9');
    await media.openEndpoint(request); // closes the backend that nobody uses
    move('192.0.2.1');
    await media.openEndpoint(request);
    expect(opened).toEqual(['192.0.2.1', '198.51.100.7', '203.0.113.9', '192.0.2.1']);
    await media.close();
  });

  it('is where its session is, and recorded by the backend that has it', async () => {
    const { media, opened, move } = machine();
    const of = await media.openEndpoint(request);
    const moved = await media.openEndpoint({ ...request, label: 'a call that moved' });
    expect(await moved.createOffer()).toContain('10.9.0.7');
    move('198.51.100.7');
    const feed = await media.openRecordingFeed({
      label: 'a recording',
      streams: [{ label: '1', of, flow: 'received' }],
      onEvent: () => {},
    });
    expect(opened).toEqual(['192.0.2.1', '10.9.0.7']);
    await feed.close();
    await media.close();
  });

  it('opens nothing after it was closed', async () => {
    const { media, opened } = machine();
    await media.close();
    await expect(media.openEndpoint(request)).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    await expect(media.openRelay(request)).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    expect(opened).toEqual([]);
  });

  it('offers ICE in calls that do not say it themselves', async () => {
    const asked: unknown[] = [];
    const backend = new FakeMediaBackend({ address: '192.0.2.1' });
    const open = backend.openEndpoint.bind(backend);
    backend.openEndpoint = (one) => {
      asked.push(one.ice);
      return open(one);
    };
    const media = new LocalMedia({ address: () => '192.0.2.1', open: () => backend, ice: 'full' });
    await media.openEndpoint(request);
    await media.openEndpoint({ ...request, ice: 'off' });
    expect(asked).toEqual(['full', 'off']);
    await media.close();
  });
});
