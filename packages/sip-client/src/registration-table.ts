import { type StateTable, to } from '@strowger/runtime';

/** Where a registration stands. */
export type RegistrationState =
  | { name: 'unregistered' }
  /** A REGISTER is under way; `failures` came before it, one after the other. */
  | { name: 'registering'; expiresSeconds: number; failures: number }
  | { name: 'registered'; expiresSeconds: number }
  /** The last REGISTER failed and may succeed later. */
  | { name: 'waiting'; expiresSeconds: number; failures: number }
  | { name: 'unregistering' }
  /** The registrar said no for good: wrong password, no such user. */
  | { name: 'refused' };

/** What may happen to a registration. */
export type RegistrationInput =
  | { type: 'register'; expiresSeconds: number }
  | { type: 'accepted'; expiresSeconds: number }
  /** A final answer other than 2xx; `jitter` from 0 to 1 spreads the retries of many clients. */
  | {
      type: 'rejected';
      status: number;
      minExpiresSeconds?: number;
      retryAfterSeconds?: number;
      jitter: number;
    }
  /** No answer, or no way to the registrar. */
  | { type: 'failed'; jitter: number }
  | { type: 'timer' }
  /** The connection over which we can be reached is gone, or the network changed. */
  | { type: 'connectionLost' }
  | { type: 'unregister' };

/** What follows. */
export type RegistrationOutput =
  /** Send REGISTER; 0 seconds removes the binding. */
  | { type: 'send'; expiresSeconds: number }
  | { type: 'arm'; delayMs: number }
  | { type: 'disarm' }
  | { type: 'tell'; event: RegistrationChange };

/** What the application is told. */
export type RegistrationChange =
  | { type: 'registered'; expiresSeconds: number }
  | { type: 'unregistered' }
  /** It failed and is tried again after `retryMs`; without `retryMs` it is not. */
  | { type: 'registrationFailed'; status?: number; retryMs?: number };

/** The answers after which the same request will never succeed (RFC 3261 §10.2.7, §21.4). */
const FINAL = new Set([400, 401, 402, 403, 404, 405, 407, 410, 416, 420, 485]);

/**
 * A registration that is kept alive (RFC 3261 §10.2): refreshed in time, repeated with growing
 * delays where it failed, anew at once where the connection was lost.
 */
export const registrationTable: StateTable<
  RegistrationState,
  RegistrationInput,
  RegistrationOutput
> = {
  unregistered: { register: (_, { expiresSeconds }) => begin(expiresSeconds) },
  refused: { register: (_, { expiresSeconds }) => begin(expiresSeconds) },
  registering: {
    accepted: (_, { expiresSeconds }) =>
      to(
        { name: 'registered', expiresSeconds },
        { type: 'arm', delayMs: refreshAfterMs(expiresSeconds) },
        { type: 'tell', event: { type: 'registered', expiresSeconds } },
      ),
    rejected: ({ expiresSeconds, failures }, input) => {
      const { status, minExpiresSeconds = 0, retryAfterSeconds, jitter } = input;
      if (status === 423 && minExpiresSeconds > expiresSeconds) return begin(minExpiresSeconds);
      if (FINAL.has(status)) {
        const event: RegistrationChange = { type: 'registrationFailed', status };
        return to({ name: 'refused' }, { type: 'tell', event });
      }
      const retryMs = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000;
      return wait({ expiresSeconds, failures, jitter, retryMs, status });
    },
    failed: ({ expiresSeconds, failures }, { jitter }) =>
      wait({ expiresSeconds, failures, jitter }),
    unregister: () => to({ name: 'unregistering' }, { type: 'send', expiresSeconds: 0 }),
  },
  registered: {
    timer: ({ expiresSeconds }) => begin(expiresSeconds),
    connectionLost: ({ expiresSeconds }) => begin(expiresSeconds, { type: 'disarm' }),
    register: (_, { expiresSeconds }) => begin(expiresSeconds, { type: 'disarm' }),
    unregister: () =>
      to({ name: 'unregistering' }, { type: 'disarm' }, { type: 'send', expiresSeconds: 0 }),
  },
  waiting: {
    timer: ({ expiresSeconds, failures }) =>
      to({ name: 'registering', expiresSeconds, failures }, { type: 'send', expiresSeconds }),
    register: (_, { expiresSeconds }) => begin(expiresSeconds, { type: 'disarm' }),
    unregister: () => gone({ type: 'disarm' }),
  },
  unregistering: {
    accepted: () => gone(),
    rejected: () => gone(),
    failed: () => gone(),
  },
};

/** Half of a short time, or a minute before the end of a long one. */
export function refreshAfterMs(expiresSeconds: number): number {
  return Math.max(1, expiresSeconds > 120 ? expiresSeconds - 60 : expiresSeconds / 2) * 1000;
}

/** 1 s, 2 s, 4 s … 60 s, each between half and all of it. */
export function retryAfterMs(failures: number, jitter: number): number {
  return Math.round(Math.min(60_000, 1000 * 2 ** Math.min(failures, 6)) * (0.5 + jitter / 2));
}

function begin(expiresSeconds: number, ...first: RegistrationOutput[]) {
  const state: RegistrationState = { name: 'registering', expiresSeconds, failures: 0 };
  return to<RegistrationState, RegistrationOutput>(state, ...first, {
    type: 'send',
    expiresSeconds,
  });
}

function wait(why: {
  expiresSeconds: number;
  failures: number;
  jitter: number;
  retryMs?: number | undefined;
  status?: number;
}) {
  const { expiresSeconds, failures, jitter, status } = why;
  const retryMs = why.retryMs ?? retryAfterMs(failures, jitter);
  const state: RegistrationState = { name: 'waiting', expiresSeconds, failures: failures + 1 };
  const event: RegistrationChange = {
    type: 'registrationFailed',
    retryMs,
    ...(status === undefined ? {} : { status }),
  };
  return to<RegistrationState, RegistrationOutput>(
    state,
    { type: 'arm', delayMs: retryMs },
    { type: 'tell', event },
  );
}

function gone(...first: RegistrationOutput[]) {
  return to<RegistrationState, RegistrationOutput>({ name: 'unregistered' }, ...first, {
    type: 'tell',
    event: { type: 'unregistered' },
  });
}
