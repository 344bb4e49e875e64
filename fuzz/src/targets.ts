import { dtls, records } from './dtls-target.ts';
import { ice } from './ice-target.ts';
import { rtcp, rtp, sdp, trickle } from './media-targets.ts';
import { framer, header, message, uri } from './sip-targets.ts';
import { stun } from './stun-target.ts';
import type { Target } from './target.ts';

/** Everything that is fuzzed, by the name that `--target` takes. One line more fuzzes one more. */
export const TARGETS: Readonly<Record<string, Target>> = {
  message,
  framer,
  uri,
  header,
  sdp,
  trickle,
  stun,
  ice,
  records,
  dtls,
  rtp,
  rtcp,
};
