import { TestRunner } from 'vitest';

/** Programs of others, under the names that `docs/interoperability.md` gives them. */
export type Peer =
  | 'baresip'
  | 'linphone'
  | 'twinkle'
  | 'sipp'
  | 'JsSIP'
  | 'SIP.js'
  | 'kamailio'
  | 'coturn'
  | 'rtpengine';

/** What a peer can be shown doing; what stands before the colon is the table's heading. */
export type Feature =
  | `Calls: ${
      | 'places'
      | 'takes'
      | 'is heard'
      | 'hears'
      | 'is busy'
      | 'cancels'
      | 'is hung up on when nobody answers'
      | 'holds and resumes'
      | 'hears music while it is held'
      | 'holds by the address 0.0.0.0 (RFC 2543)'
      | 'digits as events (RFC 4733)'
      | 'digits by INFO'
      | 'digits as tones'
      | 'is forwarded to'
      | 'is a member of a conference'
      | 'goes on when our process is killed and another takes over'}`
  | `Services: ${
      | 'MESSAGE (RFC 3428)'
      | 'message waiting (RFC 3842)'
      | 'presence (RFC 3856)'
      | 'PUBLISH (RFC 3903)'}`
  | `Recording: ${
      | 'is sent both parties and whose they are (RFC 7865, 7866)'
      | 'asks for the metadata once more, and gets it (RFC 7866)'
      | 'starts, pauses and stops it by keys'}`
  | `Relay: ${
      | 'voices, counters and digits of two phones'
      | 'SRTP on one side alone'
      | 'transcodes'
      | 'captures both parties'
      | 'plays a file to one party'
      | 'dies in a call, which is told'}`
  | `Transfer: ${
      | 'blind, as transferor'
      | 'blind, as transferee'
      | 'attended, as transferor'
      | 'attended, as transferee'
      | 'attended, as target (Replaces)'}`
  | `Media: ${
      | 'g722'
      | 'opus'
      | 'SRTP, keys by SDES (RFC 4568)'
      | 'SRTP, keys by DTLS (RFC 5764)'
      | 'ICE (RFC 8445)'
      | 'STUN (RFC 8489)'
      | 'relay by TURN (RFC 8656)'
      | 'comfort noise (RFC 3389)'
      | 'another codec than the other phone: transcoded'
      | 'silence while the other side is muted'}`
  | `Codec change: ${'by our re-INVITE' | 'refused, and the call goes on'}`
  | `Signalling: ${
      | 'registers'
      | 'takes registrations'
      | 'digest with MD5'
      | 'digest with SHA-256'
      | 'over udp'
      | 'over tcp'
      | 'over tls'
      | 'over ws'
      | 'over wss'
      | 'IPv6'
      | 'OPTIONS'
      | 'PRACK (RFC 3262)'
      | 'UPDATE (RFC 3311)'
      | 'session timer (RFC 4028)'
      | 'SUBSCRIBE and NOTIFY'
      | 'forks: two 200s'
      | 'a description beside other parts (RFC 5621)'
      | 'Record-Route'
      | 'strict routing'}`;

/**
 * Says what a peer was shown doing: the last words of a test, once all of it was seen. They are kept
 * with the test in the run's report, where `scripts/peers.mjs` finds them if the test passed.
 */
export function shows(peer: Peer, ...features: readonly [Feature, ...Feature[]]): void {
  const test = TestRunner.getCurrentTest();
  if (test === undefined) throw new Error('only a test can show something');
  // ours alone: vitest leaves `meta` to its users
  const meta = test.meta as { shows?: Record<string, string[]> };
  const known = meta.shows?.[peer] ?? [];
  meta.shows = { ...meta.shows, [peer]: [...new Set([...known, ...features])] };
}
