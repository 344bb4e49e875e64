import { join } from 'node:path';
import {
  createMediaEngine,
  type MediaEndpoint,
  type MediaEndpointEvent,
  readTrickleFragment,
  toneShare,
} from '@strowger/media-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { Page } from './page.ts';
import { writeTone } from './sound.ts';

/** What the page's microphone hears, and what we say. */
const [ITS_TONE, OUR_TONE] = [523, 1000];
const CANDIDATE = /^a=(candidate:.*)\r$/gmu;

interface Summary {
  readonly candidates: string;
  readonly packetsReceived: number;
}

describeWithPeers(
  ['chromium', 'sox'],
  'candidates that come later, between Chromium and us (RFC 8840)',
  () => {
    const folder = workFolder('trickle');
    const microphone = join(folder, 'microphone.wav');
    const engine = createMediaEngine({
      address: '127.0.0.1',
      ports: { from: 47_000, to: 47_099 },
      ice: 'full',
      srtp: 'required',
      keying: ['dtls'],
    });
    let page: Page;
    let endpoint: MediaEndpoint;
    let events: MediaEndpointEvent[];

    beforeAll(async () => {
      writeTone(microphone, ITS_TONE, 10);
      page = await Page.open({ folder, script: 'page-peer.js', port: 8095, microphone, keys: [] });
    });
    afterAll(async () => {
      await page.stop();
      await engine.close();
      expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
    });

    const does = <T>(what: string): Promise<T> => page.evaluate<T>(`peer.${what}`);

    async function opened(): Promise<void> {
      events = [];
      await does('open()');
      endpoint = await engine.openEndpoint({
        label: 'chromium',
        ice: 'full',
        onEvent: (event) => events.push(event),
      });
    }

    /** Its candidates as they would come by INFO, one in each, under what its description says. */
    async function takeIts(description: string): Promise<number> {
      const line = (name: string) =>
        new RegExp(`^a=${name}:.*\r$`, 'mu').exec(description)?.[0].trim();
      const head = [line('ice-ufrag'), line('ice-pwd')].join('\r\n');
      let taken = 0;
      await until('its last candidate', async () => {
        for (const candidate of await does<string[]>('found()')) {
          if (candidate === '') return true;
          const media = ['m=audio 9 RTP/AVP 0', line('mid'), `a=${candidate}`, ''].join('\r\n');
          await endpoint.addCandidates(`${head}\r\n${media}`);
          taken++;
          await pause(50);
        }
        return false;
      });
      return taken;
    }

    /** Ours out of a description or a fragment, one after the other. */
    async function giveOurs(text: string, mid: string): Promise<number> {
      const ours = [...text.matchAll(CANDIDATE)].map(([, candidate]) => candidate ?? '');
      for (const candidate of ours) {
        await pause(50);
        await does(`add(${JSON.stringify(candidate)}, ${JSON.stringify(mid)})`);
      }
      return ours.length;
    }

    const without = (sdp: string): string =>
      sdp.replaceAll(/^a=(candidate:.*|end-of-candidates)\r\n/gmu, '');
    const midOf = (sdp: string): string => /^a=mid:(.*)\r$/mu.exec(sdp)?.[1] ?? '0';

    /** Both hear each other, over a path that none of the descriptions has named. */
    async function bothHear(): Promise<void> {
      await until('they are connected', async () =>
        /connected|completed/.test(await does<string>('state()')),
      );
      endpoint.play({ type: 'tone', frequencyHz: OUR_TONE });
      const samples: number[] = [];
      const listening = endpoint.audioIn().pipeTo(
        new WritableStream({
          write: (frame) => void samples.push(...frame.samples),
        }),
      );
      expect(await does<number>(`heardFor(${OUR_TONE}, 4000)`)).toBeGreaterThan(3);
      const last = Int16Array.from(samples.slice(-16_000));
      expect(toneShare(last, 8000, ITS_TONE)).toBeGreaterThan(0.8);
      expect((await does<Summary>('summary()')).packetsReceived).toBeGreaterThan(100);
      expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
      await endpoint.close();
      await listening.catch(() => {}); // it ends with the endpoint
      await does('close()');
    }

    it('meet where it offers without any, and each of both sides comes on its own', async () => {
      await opened();
      const offer = await does<string>('offer()');
      expect(offer).not.toContain('a=candidate:');
      expect(offer).toContain('a=ice-options:trickle');
      const answer = await endpoint.acceptOffer(offer, { trickle: true });
      expect(answer).toContain('a=ice-options:trickle');
      await does(`accept(${JSON.stringify(without(answer))})`);
      expect(await giveOurs(answer, midOf(offer))).toBeGreaterThan(0);
      expect(await takeIts(offer)).toBeGreaterThan(0);
      for (const event of events) {
        if (event.type !== 'candidate') continue;
        expect(readTrickleFragment(event.fragment)).toMatchObject({ ok: true });
        await giveOurs(event.fragment, midOf(offer));
      }
      await bothHear();
    });

    it('meet where we offer, and it answers without any', async () => {
      await opened();
      const offer = await endpoint.createOffer({ trickle: true });
      const answer = await does<string>(`answer(${JSON.stringify(without(offer))})`);
      expect(answer).not.toContain('a=candidate:');
      await endpoint.acceptAnswer(answer);
      expect(await takeIts(answer)).toBeGreaterThan(0);
      expect(await giveOurs(offer, midOf(answer))).toBeGreaterThan(0);
      await bothHear();
    });
  },
);
