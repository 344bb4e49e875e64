import { type StateTable, type Step, to } from '@strowger/runtime';
import { DtlsFault } from './dtls-fault.ts';
import { messageNumber } from './handshake-message.ts';
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
import {
  type ClientHello,
  EXTENSIONS,
  listIn,
  listOf,
  readClientHello,
  RENEGOTIATION_SCSV,
  writeCookie,
  writeServerHello,
} from './hello.ts';
import { hashOf, masterSecret, recordKeys, srtpKeys, verifyData } from './key-schedule.ts';
import { createKeyShare, type KeyShare } from './key-share.ts';
import { checkSigned, OUR_SCHEME, signed } from './signatures.ts';
import { concat, TlsReader, uint, vector } from './tls-bytes.ts';

/** Where the side is that waits for a ClientHello (RFC 5246 §7.3). */
export type ServerState =
  | { readonly name: 'helloAwaited' }
  | ({
      readonly name: 'certificateAwaited';
      readonly log: Log;
      readonly share: KeyShare;
    } & Agreement)
  | ({
      readonly name: 'keyExchangeAwaited';
      readonly log: Log;
      readonly share: KeyShare;
    } & Omit<Secrets, 'master'>)
  | ({ readonly name: 'verifyAwaited'; readonly log: Log } & Secrets)
  | ({ readonly name: 'finishedAwaited'; readonly log: Log } & Secrets)
  | { readonly name: 'secured' };

/** Before anything came. */
export const SERVER_START: ServerState = { name: 'helloAwaited' };

type ServerStep = Step<ServerState, HandshakeOutput>;

/** What certificates of clients may sign with (RFC 8422 §5.5): ECDSA, RSA. */
const CERTIFICATE_TYPES = Uint8Array.from([64, 1]);

/** The server's side of a full handshake, which both sides' certificates are part of. */
export const SERVER_TABLE: StateTable<
  ServerState,
  HandshakeInput,
  HandshakeOutput,
  HandshakeContext
> = {
  helloAwaited: {
    clientHello: (_, { message }, context): ServerStep => {
      // an answer has the number of the hello, whoever else has asked (RFC 6347 §4.2.2)
      const sent = messageNumber(message.framed);
      const hello = readClientHello(message.body);
      const { cookie } = context;
      if (cookie?.isIn(hello) === false) return askForCookie(sent, cookie.make());
      const agreement = agreedIn(hello, context);
      const share = createKeyShare(groupIn(hello), context.random);
      const log = { messages: [message.framed], sent };
      const answer = said(log, ...answerTo(hello, { agreement, share, context }));
      return to<ServerState, HandshakeOutput>(
        { name: 'certificateAwaited', log: answer.log, share, ...agreement },
        { type: 'flight', messages: answer.messages, isLast: false },
      );
    },
  },
  certificateAwaited: {
    certificate: (state, { message }, { fingerprints }): ServerStep => {
      const theirKey = theirKeyIn(message.body, fingerprints);
      return to({ ...state, name: 'keyExchangeAwaited', log: heard(state.log, message), theirKey });
    },
  },
  keyExchangeAwaited: {
    clientKeyExchange: ({ share, ...state }, { message }): ServerStep => {
      const log = heard(state.log, message);
      const { hash } = state.suite;
      const session = hashOf(hash, log.messages);
      const premaster = share.secretWith(new TlsReader(message.body).vector(1));
      const master = masterSecret(hash, premaster, state.isExtended ? { session } : state.randoms);
      return to<ServerState, HandshakeOutput>(
        { ...state, name: 'verifyAwaited', log, master },
        { type: 'keys', keys: recordKeys(state.suite, master, state.randoms) },
      );
    },
  },
  verifyAwaited: {
    certificateVerify: (state, { message }): ServerStep => {
      checkSigned(new TlsReader(message.body), concat(...state.log.messages), state.theirKey);
      return to({ ...state, name: 'finishedAwaited', log: heard(state.log, message) });
    },
  },
  finishedAwaited: {
    finished: (state, { message }): ServerStep => {
      checkFinished('client', state, message.body);
      const { suite, master, randoms, profile } = state;
      const log = heard(state.log, message);
      const data = verifyData('server', { hash: suite.hash, master, log: log.messages });
      const { messages } = said(log, ['finished', data]);
      return to<ServerState, HandshakeOutput>(
        { name: 'secured' },
        { type: 'flight', messages, isLast: true },
        { type: 'secured', keys: srtpKeys(profile, { hash: suite.hash, master, randoms }) },
      );
    },
  },
  secured: {},
};

/** Whoever cannot receive at the address that it gives is told nothing else (RFC 6347 §4.2.1). */
function askForCookie(sent: number, cookie: Uint8Array): ServerStep {
  const { messages } = said({ messages: [], sent }, ['helloVerifyRequest', writeCookie(cookie)]);
  return to<ServerState, HandshakeOutput>(
    { name: 'helloAwaited' },
    { type: 'flight', messages, isLast: true },
  );
}

function agreedIn(
  { random, suites, extensions }: ClientHello,
  context: HandshakeContext,
): Agreement {
  const suite = CIPHER_SUITES.find(({ id, signs }) => signs === 'ec' && suites.includes(id));
  const schemes = listIn(extensions, EXTENSIONS.signatureAlgorithms) ?? [];
  if (suite === undefined || !schemes.includes(OUR_SCHEME.id)) {
    throw new DtlsFault('handshake_failure', 'No suite with ECDSA in common');
  }
  const offered = extensions.get(EXTENSIONS.useSrtp);
  const profiles = offered ? new TlsReader(offered).numbers(2, 2) : [];
  const profile = SRTP_PROFILES.find(({ id }) => profiles.includes(id));
  if (profile === undefined) throw new DtlsFault('handshake_failure', 'No profile of SRTP');
  return {
    suite,
    profile: profile.suite,
    isExtended: extensions.has(EXTENSIONS.extendedMasterSecret),
    randoms: { client: random, server: context.random.bytes(32) },
  };
}

/** Who names no groups has P-256, as everybody has (RFC 8422 §4). */
function groupIn({ extensions }: ClientHello): Group {
  const groups = listIn(extensions, EXTENSIONS.supportedGroups) ?? [GROUPS['P-256']];
  if (groups.includes(GROUPS.x25519)) return 'x25519';
  if (groups.includes(GROUPS['P-256'])) return 'P-256';
  throw new DtlsFault('handshake_failure', 'No group in common');
}

function answerTo(
  hello: ClientHello,
  {
    agreement,
    share,
    context,
  }: { agreement: Agreement; share: KeyShare; context: HandshakeContext },
) {
  const { randoms } = agreement;
  const named = concat(uint(1, 3), uint(2, GROUPS[share.group]), vector(1, share.publicKey));
  const signature = signed(signedParameters(randoms, named), context.signingKey);
  const schemes = listOf(SIGNATURE_SCHEMES.map(({ id }) => id));
  const request = concat(vector(1, CERTIFICATE_TYPES), schemes, vector(2));
  return [
    ['serverHello', helloOf(hello, agreement)],
    ['certificate', certificateBody(context.certificate)],
    ['serverKeyExchange', concat(named, signature)],
    ['certificateRequest', request],
    ['serverHelloDone', new Uint8Array(0)],
  ] as const;
}

/** Extensions answer what was offered, and nothing else (RFC 5246 §7.4.1.4). */
function helloOf({ suites, extensions }: ClientHello, agreement: Agreement): Uint8Array {
  const { suite, profile, randoms } = agreement;
  const id = SRTP_PROFILES.find((one) => one.suite === profile)?.id ?? 0;
  const answers = new Map<number, Uint8Array>();
  answers.set(EXTENSIONS.useSrtp, concat(listOf([id]), vector(1)));
  const { extendedMasterSecret, renegotiationInfo, pointFormats } = EXTENSIONS;
  if (agreement.isExtended) answers.set(extendedMasterSecret, new Uint8Array(0));
  if (extensions.has(pointFormats)) answers.set(pointFormats, vector(1, uint(1, 0)));
  if (extensions.has(renegotiationInfo) || suites.includes(RENEGOTIATION_SCSV)) {
    answers.set(renegotiationInfo, vector(1));
  }
  return writeServerHello({ random: randoms.server, suite: suite.id, extensions: answers });
}
