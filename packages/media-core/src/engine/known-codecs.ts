import { StrowgerError } from '@strowger/runtime';
import { BYTE_CODECS } from '../core/g711-codec.ts';
import { type CodecDescription, TELEPHONE_EVENT } from '../sdp/index.ts';

const STATIC_TYPES: { readonly [name: string]: number } = { pcmu: 0, pcma: 8 };

/** RFC 4733 §2.4.1: sixteen events, the digits. */
const EVENTS: CodecDescription = {
  name: TELEPHONE_EVENT,
  payloadType: 101,
  clockRate: 8000,
  fmtp: '0-15',
};

/**
 * What we can speak, in the given order, with telephone events at the end.
 *
 * @throws StrowgerError `MEDIA_UNKNOWN_CODEC` where a name is neither `pcmu` nor `pcma`, or none is.
 */
export function knownCodecs(names: readonly string[]): CodecDescription[] {
  const codecs = names.map((name) => {
    const payloadType = STATIC_TYPES[name];
    if (payloadType === undefined || !(name in BYTE_CODECS)) {
      throw new StrowgerError('MEDIA_UNKNOWN_CODEC', `${name} is none of pcmu, pcma`);
    }
    return { name, payloadType, clockRate: 8000 };
  });
  if (codecs.length === 0) throw new StrowgerError('MEDIA_UNKNOWN_CODEC', 'There is no codec');
  return [...codecs, EVENTS];
}
