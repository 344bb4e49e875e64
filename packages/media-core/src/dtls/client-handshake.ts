import { type StateTable, type Step, to } from '@strowger/runtime';
import { DtlsFault } from './dtls-fault.ts';
import {
  CIPHER_SUITES,
  type Group,
  GROUPS,
  SIGNATURE_SCHEMES,
  SRTP_PROFILES,
} from './dtls-suites.ts';
import {
  type Agreement,
  certificateBody,
  checkFinished,
  type HandshakeContext,
  type HandshakeInput,
  type HandshakeOutput,
  heard,
  type Log,
  said,
  type Secrets,
  signedParameters,
  theirKeyIn,
} from './handshake.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import { EXTENSIONS, listOf, readCookie, readServerHello, writeClientHello } from './hello.ts';
import { hashOf, masterSecret, recordKeys, srtpKeys, verifyData } from './key-schedule.ts';
import { createKeyShare } from './key-share.ts';
import { checkSigned, signed } from './signatures.ts';
import { concat, TlsReader, uint, vector } from './tls-bytes.ts';

/** Where the side is that sends the ClientHello (RFC 5246 §7.3). */
export type ClientState =
  | { readonly name: 'idle' }
  | { readonly name: 'helloSent'; readonly random: Uint8Array; readonly log: Log }
  | { readonly name: 'cookieSent'; readonly random: Uint8Array; readonly log: Log }
  | ({ readonly name: 'certificateAwaited'; readonly log: Log } & Agreement)
  | ({ readonly name: 'keyExchangeAwaited'; readonly log: Log } & Omit<Secrets, 'master'>)
  | ({
      readonly name: 'doneAwaited';
      readonly log: Log;
      readonly group: Group;
      readonly theirShare: Uint8Array;
      readonly mustShow: boolean;
    } & Omit<Secrets, 'master'>)
  | ({ readonly name: 'finishedAwaited'; readonly log: Log } & Secrets)
  | { readonly name: 'secured' };

type ClientStep = Step<ClientState, HandshakeOutput>;

/** The client's side of a full handshake: there are no sessions to resume. */
export const CLIENT_TABLE: StateTable<
  ClientState,
  HandshakeInput,
  HandshakeOutput,
  HandshakeContext
> = {
  idle: {
    begin: (_, __, { random }) => sayHello(random.bytes(32), { messages: [], sent: 0 }),
  },
  helloSent: {
    helloVerifyRequest: ({ random, log }, { message: { body } }): ClientStep =>
      // neither the first hello nor its answer is part of the hashes (RFC 6347 §4.2.1)
      sayHello(random, { messages: [], sent: log.sent }, readCookie(body)),
    serverHello: (state, input): ClientStep => begin(state, input),
  },
  cookieSent: {
    serverHello: (state, input): ClientStep => begin(state, input),
  },
  certificateAwaited: {
    certificate: (state, { message }, { fingerprints }): ClientStep => {
      const theirKey = theirKeyIn(message.body, fingerprints);
      if (theirKey.asymmetricKeyType !== state.suite.signs) {
        throw new DtlsFault('bad_certificate', 'The key of the certificate does not fit the suite');
      }
      return to({ ...state, name: 'keyExchangeAwaited', log: heard(state.log, message), theirKey });
    },
  },
  keyExchangeAwaited: {
    serverKeyExchange: (state, { message }): ClientStep => {
      const { group, theirShare } = shareIn(message.body, state);
      const log = heard(state.log, message);
      return to({ ...state, name: 'doneAwaited', log, group, theirShare, mustShow: false });
    },
  },
  doneAwaited: {
    certificateRequest: (state, { message }): ClientStep =>
      to({ ...state, log: heard(state.log, message), mustShow: true }),
    serverHelloDone: (state, { message }, context): ClientStep => {
      const { group, theirShare, mustShow, ...known } = state;
      const share = createKeyShare(group, context.random);
      const shown = mustShow
        ? [['certificate', certificateBody(context.certificate)] as const]
        : [];
      const exchanged = said(heard(state.log, message), ...shown, [
        'clientKeyExchange',
        vector(1, share.publicKey),
      ]);
      const { hash } = state.suite;
      const session = hashOf(hash, exchanged.log.messages);
      const binding = state.isExtended ? { session } : state.randoms;
      const master = masterSecret(hash, share.secretWith(theirShare), binding);
      const content = concat(...exchanged.log.messages);
      const proof = mustShow
        ? [['certificateVerify', signed(content, context.signingKey)] as const]
        : [];
      const proven = said(exchanged.log, ...proof);
      const data = verifyData('client', { hash, master, log: proven.log.messages });
      const finished = said(proven.log, ['finished', data]);
      const messages = [...exchanged.messages, ...proven.messages, ...finished.messages];
      return to<ClientState, HandshakeOutput>(
        { ...known, name: 'finishedAwaited', log: finished.log, master },
        { type: 'keys', keys: recordKeys(state.suite, master, state.randoms) },
        { type: 'flight', messages, isLast: false },
      );
    },
  },
  finishedAwaited: {
    finished: (state, { message }): ClientStep => {
      checkFinished('server', state, message.body);
      const { suite, master, randoms, profile } = state;
      const keys = srtpKeys(profile, { hash: suite.hash, master, randoms });
      return to<ClientState, HandshakeOutput>({ name: 'secured' }, { type: 'secured', keys });
    },
  },
  secured: {},
};

function begin(
  { random, log }: { readonly random: Uint8Array; readonly log: Log },
  { message }: { readonly message: HandshakeMessage },
): ClientStep {
  const agreement = agreedIn(message.body, random);
  return to({ name: 'certificateAwaited', log: heard(log, message), ...agreement });
}

function sayHello(random: Uint8Array, before: Log, cookie?: Uint8Array): ClientStep {
  const extensions = new Map([
    [EXTENSIONS.supportedGroups, listOf(Object.values(GROUPS))],
    [EXTENSIONS.pointFormats, vector(1, uint(1, 0))],
    [EXTENSIONS.signatureAlgorithms, listOf(SIGNATURE_SCHEMES.map(({ id }) => id))],
    [EXTENSIONS.useSrtp, concat(listOf(SRTP_PROFILES.map(({ id }) => id)), vector(1))],
    [EXTENSIONS.extendedMasterSecret, new Uint8Array(0)],
    [EXTENSIONS.renegotiationInfo, vector(1)],
  ]);
  const suites = CIPHER_SUITES.map(({ id }) => id);
  const shown = cookie ?? new Uint8Array(0);
  const hello = writeClientHello({ random, cookie: shown, suites, extensions });
  const { log, messages } = said(before, ['clientHello', hello]);
  return to<ClientState, HandshakeOutput>(
    { name: cookie === undefined ? 'helloSent' : 'cookieSent', random, log },
    { type: 'flight', messages, isLast: false },
  );
}

function agreedIn(body: Uint8Array, client: Uint8Array): Agreement {
  const hello = readServerHello(body);
  const { extensions } = hello;
  const suite = CIPHER_SUITES.find(({ id }) => id === hello.suite);
  if (suite === undefined) throw new DtlsFault('illegal_parameter', 'A suite that was not offered');
  const value = extensions.get(EXTENSIONS.useSrtp);
  const reader = value && new TlsReader(value);
  const chosen = reader?.numbers(2, 2);
  if (reader && reader.vector(1).length > 0) {
    throw new DtlsFault('illegal_parameter', 'An MKI that was not offered'); // RFC 5764 §4.1.3
  }
  const profile = SRTP_PROFILES.find(({ id }) => chosen?.length === 1 && id === chosen[0]);
  if (profile === undefined) throw new DtlsFault('handshake_failure', 'No profile of SRTP');
  const renegotiation = extensions.get(EXTENSIONS.renegotiationInfo);
  if (renegotiation !== undefined && renegotiation.some((byte) => byte !== 0)) {
    throw new DtlsFault('handshake_failure', 'It takes this for a later handshake'); // RFC 5746 §3.4
  }
  return {
    suite,
    profile: profile.suite,
    isExtended: extensions.has(EXTENSIONS.extendedMasterSecret),
    randoms: { client, server: hello.random },
  };
}

/** Their share, which their certificate's key has signed. */
function shareIn(
  body: Uint8Array,
  { randoms, theirKey }: Omit<Secrets, 'master'>,
): { group: Group; theirShare: Uint8Array } {
  const reader = new TlsReader(body);
  const kind = reader.uint(1);
  const number = reader.uint(2);
  const theirShare = reader.vector(1);
  const group = groupOf(kind === 3 ? number : 0); // a named one
  const parameters = body.subarray(0, 4 + theirShare.length);
  checkSigned(reader, signedParameters(randoms, parameters), theirKey);
  return { group, theirShare };
}

function groupOf(number: number): Group {
  if (number === GROUPS.x25519) return 'x25519';
  if (number === GROUPS['P-256']) return 'P-256';
  throw new DtlsFault('illegal_parameter', 'A group that was not offered');
}
