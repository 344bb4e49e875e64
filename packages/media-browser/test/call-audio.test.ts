import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
