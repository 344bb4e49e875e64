import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pcmaDecode, pcmaEncode, readWav, ToneSource } from '../src/index.ts';
import { ComfortNoise } from '../src/noise/index.ts';

/** What people say when they pick up. */
export const PEOPLE: readonly (readonly [language: string, text: string])[] = [
  ['en', 'Hello?'],
  ['en', 'Hello, who is this?'],
  ['en', 'Yes?'],
  ['en', 'Good morning, Baker and Sons.'],
  ['en', 'Hi, this is Susan.'],
  ['en', 'Smith speaking.'],
  ['en', 'Technical support, Peter speaking, how can I help you?'],
  ['de', 'Hallo?'],
  ['de', 'Müller.'],
  ['de', 'Ja, bitte?'],
  ['de', 'Schneider, guten Tag.'],
  ['de', 'Firma Wagner, mein Name ist Krause, was kann ich für Sie tun?'],
  ['fr', 'Allô?'],
  ['fr', 'Oui, bonjour?'],
  ['fr', "Allô, qui est à l'appareil?"],
  ['es', '¿Dígame?'],
  ['es', 'Hola, buenos días.'],
  ['es', '¿Sí?'],
  ['it', 'Pronto?'],
  ['it', 'Pronto, chi parla?'],
];

/** What machines say before their beep. */
export const MACHINES: readonly (readonly [language: string, text: string])[] = [
  [
    'en',
    'Hi, you have reached Susan and Tom. We are not at home right now. Please leave a message after the tone.',
  ],
  [
    'en',
    'Hello. I cannot take your call at the moment. Please leave your name and number after the beep.',
  ],
  ['en', 'The person you are calling is not available. Please try again later.'],
  [
    'en',
    'Welcome to the mailbox of five five five, one two three four. Please record your message.',
  ],
  ['en', 'Hello, this is Peter. Leave me a message.'],
  ['en', 'Your call has been forwarded to an automatic voice message system.'],
  [
    'de',
    'Guten Tag, dies ist der Anschluss von Familie Müller. Leider sind wir zur Zeit nicht erreichbar. Bitte sprechen Sie nach dem Signalton.',
  ],
  ['de', 'Der gewünschte Gesprächspartner ist zur Zeit nicht erreichbar.'],
  ['de', 'Hallo, hier ist die Mailbox von Peter Krause. Bitte hinterlassen Sie eine Nachricht.'],
  [
    'de',
    'Sie sind mit dem Anrufbeantworter der Firma Wagner verbunden. Unser Büro ist nicht besetzt.',
  ],
  [
    'fr',
    'Bonjour, vous êtes bien chez Marie et Paul. Nous sommes absents pour le moment. Laissez-nous un message après le bip sonore.',
  ],
  ['fr', "Votre correspondant n'est pas disponible. Veuillez laisser un message après le signal."],
  ['fr', 'Vous êtes sur la messagerie de Pierre Dupont, merci de laisser un message.'],
  [
    'es',
    'Hola, ha llamado a casa de la familia García. Ahora no podemos atenderle. Deje su mensaje después de la señal.',
  ],
  ['es', 'El teléfono al que llama está apagado o fuera de cobertura en este momento.'],
  ['es', 'Este es el contestador de Carmen. Por favor, deje su mensaje.'],
  [
    'it',
    'Risponde la segreteria telefonica di Mario Rossi. Lasciate un messaggio dopo il segnale acustico.',
  ],
  ['it', "L'utente da lei chiamato non è al momento raggiungibile."],
  [
    'it',
    'Ciao, al momento non posso rispondere. Lasciami un messaggio e ti richiamo appena posso.',
  ],
  ['it', 'Il numero selezionato non è attivo. La preghiamo di verificare il numero.'],
];

const RATE = 8000;

export const hasEspeak = spawnSync('espeak-ng', ['--version']).status === 0;

/** How a text is said: at so many words a minute, by a low or a high voice. */
export interface Manner {
  readonly wordsPerMinute: number;
  readonly isHigh: boolean;
}

/** A text as espeak-ng says it. */
export async function spoken(
  [language, text]: readonly [language: string, text: string],
  { wordsPerMinute, isHigh }: Manner,
): Promise<Int16Array> {
  const folder = await mkdtemp(join(tmpdir(), 'strowger-voice-'));
  const file = join(folder, 'said.wav');
  const voice = ['-v', isHigh ? `${language}+f3` : language, '-s', String(wordsPerMinute)];
  try {
    const { status, stderr } = spawnSync('espeak-ng', [...voice, '-w', file, text]);
    if (status !== 0) throw new Error(String(stderr));
    return (await readWav(file, { sampleRate: RATE })).samples;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * The rhythm of a text, hummed: harmonics of a voice for each group of vowels, short gaps between
 * words, long ones where the text has signs.
 */
export function hummed([, text]: readonly [string, string], manner: Manner): Int16Array {
  const syllableMs = 27_000 / manner.wordsPerMinute;
  const pitch = manner.isHigh ? 210 : 115;
  const parts: Int16Array[] = [];
  for (const word of text.split(' ')) {
    const syllables = Math.max(1, word.match(/[aeiouyàáâäèéêíóôöúü]+/gi)?.length ?? 1);
    for (let one = 0; one < syllables; one++) parts.push(syllable(syllableMs * 0.85, pitch));
    const pauseMs = /[.?!]$/.test(word) ? 450 : word.endsWith(',') ? 220 : 40;
    parts.push(silence(pauseMs));
  }
  return joined(parts);
}

/** What a caller hears, as it comes by G.711: a line with noise, and what follows the greeting. */
export function line(greeting: Int16Array, after: 'beep' | 'silence', leadMs: number): Int16Array {
  const beep = new Int16Array((RATE * 350) / 1000);
  new ToneSource({ frequencyHz: 1000, levelDbm0: -12 }).read(beep);
  const tail = after === 'beep' ? [silence(400), beep, silence(2000)] : [silence(4000)];
  const whole = joined([silence(leadMs), leveled(greeting), ...tail]);
  const noise = new ComfortNoise();
  noise.take(Uint8Array.of(64));
  const beside = new Int16Array(whole.length);
  noise.read(beside, 0, beside.length);
  return pcmaDecode(pcmaEncode(whole.map((sample, at) => sample + (beside[at] ?? 0))));
}

/** Peaks at half of the range. */
function leveled(samples: Int16Array): Int16Array {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
  return samples.map((sample) => (sample * 16_000) / peak);
}

function syllable(ms: number, pitch: number): Int16Array {
  const length = Math.round((RATE * ms) / 1000);
  return Int16Array.from({ length }, (_, at) => {
    const t = at / RATE;
    let sum = 0;
    for (let k = 1; k * pitch < 3000; k++) sum += Math.sin(2 * Math.PI * pitch * k * t + k * k) / k;
    return 6000 * sum * Math.sin((Math.PI * at) / length) ** 0.5;
  });
}

function silence(ms: number): Int16Array {
  return new Int16Array(Math.round((RATE * ms) / 1000));
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
