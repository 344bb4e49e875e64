import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WavWriter } from '@strowger/media-core';
import { afterAll, expect, it } from 'vitest';
import { espeakVoice, hasEspeak, recordedVoice } from '../src/voices.ts';
import { hearsTone, scene, tone, untilLogged } from './scene.ts';

const folder = mkdtempSync(fileURLToPath(new URL('../.test-', import.meta.url)));

afterAll(() => rm(folder, { recursive: true, force: true }));

function agent(name: string, source: string): string {
  const file = join(folder, name);
  writeFileSync(file, source);
  return file;
}

async function prompts(): Promise<string> {
  const writer = await WavWriter.create(join(folder, 'beep.wav'));
  writer.write(tone(600, 300));
  await writer.close();
  writeFileSync(join(folder, 'prompts.json'), JSON.stringify({ Hello: 'beep.wav' }));
  return folder;
}

it('a function talks, with prompts that were recorded', async () => {
  const module = agent(
    'talks.mjs',
    `export default async (talk) => {
       await talk.say('Hello');
       const got = await talk.gather({ digits: {} });
       if (got.digits === '1') throw new Error('never press 1');
     };`,
  );
  const all = await scene({
    program: { type: 'function', module, voice: { prompts: await prompts() } },
  });
  const call = await all.dial();
  expect(await hearsTone(call, 600)).toBe(true);
  await call.sendDigits('2').catch(() => {}); // they hang up while it still sounds
  expect(await call.ended).toMatchObject({ kind: 'hungUp', by: 'remote' });
  expect(await untilLogged(all, 'ended')).toMatchObject({ end: { kind: 'finished' } });

  const second = await all.dial();
  await second.sendDigits('1').catch(() => {}); // as above
  await second.ended;
  const { end } = await untilLogged(all, 'the program failed');
  expect(end).toMatchObject({ kind: 'failed', error: { message: 'never press 1' } });

  const third = await all.dial();
  await third.hangUp();
  while (all.running.gateway.calls > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(all.logged.at(-1)).toMatchObject({
    text: 'ended',
    fields: { end: { kind: 'callEnded' } },
  });
  await all.close();
});

it.each([
  ['is none', 'export default 5;', 'has no function as its default export'],
  ['does not load', 'export default (', 'cannot be loaded'],
])('a function that %s is refused at once', async (name, source, problem) => {
  const module = agent(`${name.replaceAll(' ', '-')}.mjs`, source);
  await expect(scene({ program: { type: 'function', module } })).rejects.toThrow(problem);
});

it('a voice says what was recorded, and nothing else', async () => {
  const voice = await recordedVoice(await prompts());
  const { signal } = new AbortController();
  expect(await voice.speak('Hello', { signal })).toEqual({
    type: 'file',
    path: join(folder, 'beep.wav'),
  });
  await expect(voice.speak('Goodbye', { signal })).rejects.toThrow('not recorded: "Goodbye"');
});

const installed = await hasEspeak();
if (!installed) console.warn('espeak-ng is not installed: its voice is not tried');

it.runIf(installed)('espeak-ng says words, and takes none for an option', async () => {
  const { signal } = new AbortController();
  for (const text of ['Hello', '--stdout', '-v de']) {
    const said = await espeakVoice().speak(text, { signal });
    if (said.type !== 'stream') throw new Error('it is a stream');
    const { value } = await said.stream.getReader().read();
    expect(value?.samples.length).toBeGreaterThan(0.2 * (value?.sampleRate ?? 0));
  }
});

it('the function of the README asks, and understands a digit', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, shown = ''] = /^```js\n([\s\S]*?)^```/m.exec(readme) ?? [];
  const said = [...shown.matchAll(/'([^']*[.!?])'/g)].map(([, text]) => text ?? '');
  expect(said).toEqual(['Press one, or say something.', 'Goodbye.', 'Thank you.']);
  const writer = async (file: string, hz: number): Promise<void> => {
    const wav = await WavWriter.create(join(folder, file));
    wav.write(tone(hz, 300));
    await wav.close();
  };
  await Promise.all([writer('asks.wav', 600), writer('bye.wav', 900), writer('thanks.wav', 1200)]);
  const files = ['asks.wav', 'bye.wav', 'thanks.wav'];
  const recorded = Object.fromEntries(said.map((text, at) => [text, files[at]]));
  writeFileSync(join(folder, 'prompts.json'), JSON.stringify(recorded));
  const voice = { prompts: folder };
  const all = await scene({
    program: { type: 'function', module: agent('readme.mjs', shown), voice },
  });
  const call = await all.dial();
  expect(await hearsTone(call, 600)).toBe(true);
  await call.sendDigits('1');
  expect(await hearsTone(call, 1200)).toBe(true);
  expect(await call.ended).toMatchObject({ kind: 'hungUp', by: 'remote' });
  await all.close();
});
