import type { CodecDescription } from './codec.ts';

// What `a=fmtp` means is each codec's own affair. Most parameters say what their writer likes to
// receive and keep nobody apart; these few say what the bytes are.

/** Parameters whose difference makes two codecs of one name, with what holds where none is given. */
const DISTINGUISHING: { readonly [name: string]: { readonly [parameter: string]: string } } = {
  amr: { 'octet-align': '0', interleaving: '' }, // RFC 4867 §8.1
  'amr-wb': { 'octet-align': '0', interleaving: '' },
  g7221: { bitrate: '' }, // RFC 5577 §4.1
};

/** `name=value` parts in lower case, separated by `;`; a part without a value counts as `1`. */
export function readParameters(fmtp = ''): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of fmtp.split(';', 64)) {
    const [before = '', value = '1'] = part.toLowerCase().split('=', 2);
    const name = before.trim();
    if (name !== '' && !parameters.has(name)) parameters.set(name, value.trim());
  }
  return parameters;
}

/** Whether the parameters of two codecs of one name let them be the same. */
export function parametersAgree(one: CodecDescription, other: CodecDescription): boolean {
  if (!Object.hasOwn(DISTINGUISHING, one.name)) return true;
  const [ours, theirs] = [readParameters(one.fmtp), readParameters(other.fmtp)];
  const defaults = Object.entries(DISTINGUISHING[one.name] ?? {});
  return defaults.every(([name, missing]) => {
    return (ours.get(name) ?? missing) === (theirs.get(name) ?? missing);
  });
}

/** What an answer says of our codec beside theirs: ours, where the codec's RFC asks for no more. */
export function answeredParameters(
  offered: CodecDescription,
  ours: CodecDescription,
): string | undefined {
  if (offered.name === 'ilbc') {
    // RFC 3952 §5: the longer frame is what both can do, and 30 ms is meant where nothing stands
    const modes = [offered, ours].map(({ fmtp }) => readParameters(fmtp).get('mode') ?? '30');
    return modes.every((mode) => mode === '20') ? 'mode=20' : 'mode=30';
  }
  if (offered.name === 'g729') {
    // RFC 7261 §3.3: comfort noise of Annex B is on unless either side switches it off
    const isOff = [offered, ours].some(({ fmtp }) => readParameters(fmtp).get('annexb') === 'no');
    return isOff ? 'annexb=no' : ours.fmtp;
  }
  return ours.fmtp;
}

/**
 * Whether `events`, the parameter of telephone-event (RFC 4733 §2.4.1: `0-15,66,70`), names one;
 * where nothing stands the sixteen digits are meant (§2.5.1.1).
 */
export function includesEvent(events: string | undefined, event: number): boolean {
  const list = events === undefined || events.trim() === '' ? '0-15' : events;
  return list.split(',', 256).some((part) => {
    const [, from = '', to = from] = /^ *(\d{1,3})(?:-(\d{1,3}))? *$/.exec(part) ?? [];
    return from !== '' && event >= Number(from) && event <= Number(to);
  });
}
