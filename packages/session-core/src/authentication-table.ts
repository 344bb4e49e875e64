import { type StateTable, to } from '@strowger/runtime';

/** What is known of who sent the INVITE of a session. */
export type AuthenticationState =
  /** Nobody asked. */
  | { readonly name: 'unauthenticated' }
  /** It has to be proven before the session goes on. */
  | { readonly name: 'required' }
  /** A challenge was sent, which ends this session: the answer comes with a new INVITE. */
  | { readonly name: 'challenged' }
  | { readonly name: 'authenticated'; readonly username: string }
  /** What was sent does not prove it. */
  | { readonly name: 'failed' }
  /** Too many failures from there: nothing is looked at. */
  | { readonly name: 'locked' };

/** What happens to it. */
export type AuthenticationInput =
  | { readonly type: 'required' }
  | { readonly type: 'challenged' }
  | { readonly type: 'proven'; readonly username: string }
  | { readonly type: 'refuted' }
  | { readonly type: 'lockedOut' };

/** Who has proven what: nothing leads back from `locked`, and from `authenticated` only a failure. */
export const authenticationTable: StateTable<AuthenticationState, AuthenticationInput, never> = {
  unauthenticated: {
    required: () => to({ name: 'required' }),
    challenged: () => to({ name: 'challenged' }),
    proven: (_, { username }) => to({ name: 'authenticated', username }),
    refuted: () => to({ name: 'failed' }),
    lockedOut: () => to({ name: 'locked' }),
  },
  required: {
    challenged: () => to({ name: 'challenged' }),
    proven: (_, { username }) => to({ name: 'authenticated', username }),
    refuted: () => to({ name: 'failed' }),
    lockedOut: () => to({ name: 'locked' }),
  },
  challenged: {},
  authenticated: {
    refuted: () => to({ name: 'failed' }),
  },
  failed: {
    // the application may compare with several passwords
    proven: (_, { username }) => to({ name: 'authenticated', username }),
    challenged: () => to({ name: 'challenged' }),
    lockedOut: () => to({ name: 'locked' }),
  },
  locked: {},
};
