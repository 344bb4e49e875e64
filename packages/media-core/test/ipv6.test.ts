import { expect, it } from 'vitest';
import { createMediaEngine } from '../src/index.ts';

it('speaks IPv6, however its addresses are written', async () => {
  const engine = createMediaEngine({ address: '::1', ports: { from: 23_200, to: 23_299 } });
  let heard: () => void = () => {};
  const started = new Promise<void>((resolve) => (heard = resolve));
  const one = await engine.openEndpoint({ label: 'one', onEvent() {} });
  const two = await engine.openEndpoint({
    label: 'two',
    onEvent: ({ type }) => type === 'started' && heard(),
  });
  const offer = await one.createOffer();
  expect(offer).toContain('c=IN IP6 ::1');
  const answer = await two.acceptOffer(offer.replaceAll('IP6 ::1', 'IP6 0:0:0:0:0:0:0:1'));
  await one.acceptAnswer(answer);
  await started;
  expect((await two.stats()).remote).toEqual((await one.stats()).local);
  expect((await two.stats()).strangers).toBe(0);
  await engine.close();
});
