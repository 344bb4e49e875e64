import type { AudioSource } from '@strowger/session-core';

/** What can be said: words, by the conversation's voice; or a file, a URL, a tone, a stream. */
export type Utterance = string | AudioSource;

/** Makes sound of words: a speech synthesiser, or prompts that were recorded. */
export interface Voice {
  /**
   * Sound of a text; `signal` aborts when nobody wants it any more. What it rejects with, `say` and
   * `gather` reject with.
   */
  speak(text: string, options: { readonly signal: AbortSignal }): Promise<AudioSource>;
}
