import { type StateTable, to } from '@strowger/runtime';

/**
 * The message that carried an offer (RFC 6337 table 1): its failure takes the offer back. `response`:
 * a reliable 1xx or the 2xx to an INVITE without offer.
 */
export type OfferCarrier = 'invite' | 'response' | 'prack' | 'update';

/** States in which nobody owes an answer. */
export type SettledOfferState = { readonly name: 'initial' } | { readonly name: 'complete' };

/** Who owes an answer in a dialog (RFC 3264 §4); plain data. `before` holds again after a refusal. */
export type OfferState =
  /** Nothing was agreed yet. */
  | { readonly name: 'initial' }
  | {
      readonly name: 'offerSent';
      readonly by: OfferCarrier;
      readonly before: SettledOfferState['name'];
    }
  | {
      readonly name: 'offerReceived';
      readonly by: OfferCarrier;
      readonly before: SettledOfferState['name'];
    }
  /** The last offer has its answer. */
  | { readonly name: 'complete' };

export type OfferInput =
  | { readonly type: 'localOffer'; readonly by: OfferCarrier }
  | { readonly type: 'remoteOffer'; readonly by: OfferCarrier }
  | { readonly type: 'localAnswer' }
  | { readonly type: 'remoteAnswer' }
  /** The offer was refused, cancelled, or its message came to nothing (RFC 3264 §4, RFC 6141). */
  | { readonly type: 'rolledBack' };

/** The only output: whoever waits for its turn to offer may go on. */
export type OfferOutput = { readonly type: 'settled' };

const SETTLED: OfferOutput = { type: 'settled' };

/** Offer and answer in one dialog: one offer at a time (RFC 3264 §4, RFC 6337 §2). */
export const offerAnswerTable: StateTable<OfferState, OfferInput, OfferOutput> = {
  initial: {
    localOffer: ({ name }, { by }) => to({ name: 'offerSent', by, before: name }),
    remoteOffer: ({ name }, { by }) => to({ name: 'offerReceived', by, before: name }),
  },
  offerSent: {
    remoteAnswer: () => to({ name: 'complete' }, SETTLED),
    rolledBack: ({ before }) => to({ name: before }, SETTLED),
  },
  offerReceived: {
    localAnswer: () => to({ name: 'complete' }, SETTLED),
    rolledBack: ({ before }) => to({ name: before }, SETTLED),
  },
  complete: {
    localOffer: ({ name }, { by }) => to({ name: 'offerSent', by, before: name }),
    remoteOffer: ({ name }, { by }) => to({ name: 'offerReceived', by, before: name }),
  },
};
