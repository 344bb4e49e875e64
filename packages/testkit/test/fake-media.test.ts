import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { describeMediaBackend, FakeMediaBackend } from '../src/index.ts';

describeMediaBackend({ describe, it }, 'FakeMediaBackend', () => new FakeMediaBackend());

const silent = { label: 'test', onEvent() {} };

describe('FakeMediaBackend', () => {
  it('makes the same descriptions from the same calls', async () => {
    const offers = [];
    for (let run = 0; run < 2; run++) {
      const backend = new FakeMediaBackend();
      offers.push(await (await backend.openEndpoint(silent)).createOffer());
    }
    expect(offers[0]).toBe(offers[1]);
    expect(offers[0]).toContain('m=audio 10002 RTP/AVP 0 8\r\n');
  });

  it('fails on command, once', async () => {
    const backend = new FakeMediaBackend();
    const endpoint = await backend.openEndpoint(silent);
    backend.failNext('createOffer');
    await expect(endpoint.createOffer()).rejects.toMatchObject({ code: 'MEDIA_NOT_ACCEPTABLE' });
    expect(await endpoint.createOffer()).toContain('v=0');
  });

  it('waits on command until it is released', async () => {
    const backend = new FakeMediaBackend();
    const release = backend.pause('openEndpoint');
    const opening = backend.openEndpoint(silent);
    expect(backend.usage().endpoints).toBe(0);
    release();
    await opening;
    expect(backend.usage().endpoints).toBe(1);
  });

  it('lets endpoints of two backends on one wire hear each other', async () => {
    const clock = new VirtualClock();
    const wire = new Map();
    const heard: string[] = [];
    const one = new FakeMediaBackend({ clock, wire });
    const two = new FakeMediaBackend({ clock, wire, address: '192.0.2.2' });
    const caller = await one.openEndpoint(silent);
    const callee = await two.openEndpoint({
      label: 'callee',
      onEvent: (event) => heard.push(event.type),
    });
    await caller.acceptAnswer(await callee.acceptOffer(await caller.createOffer()));
    await caller.sendDigits('7');
    clock.advance(1000);
    expect(heard).toEqual(['started', 'digit']);
    expect(await callee.close()).toMatchObject({ packetsSent: 50, packetsReceived: 50 });
  });

  it('carries audio frames from one stream to the other', async () => {
    const backend = new FakeMediaBackend();
    const caller = await backend.openEndpoint(silent);
    const callee = await backend.openEndpoint(silent);
    await caller.acceptAnswer(await callee.acceptOffer(await caller.createOffer()));
    const reader = callee.audioIn().getReader();
    const frame = { samples: new Int16Array(160), sampleRate: 8000, timestamp: 0 };
    await caller.audioOut().getWriter().write(frame);
    expect((await reader.read()).value).toBe(frame);
    await backend.close();
    expect((await reader.read()).done).toBe(true);
  });
});
