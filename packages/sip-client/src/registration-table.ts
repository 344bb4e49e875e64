import { type StateTable, to } from '@strowger/runtime';

/** Where a registration stands. */
export type RegistrationState =
  | { name: 'unregistered' }
  /** A REGISTER is under way; `failures` came before it, one after the other. */
  | {
      name: 'registering';
      expiresSeconds: number;
      failures: number;
      /** How often the Contact was rewritten since it was to be refreshed; absent: never. */
      rewrites?: number;
    }
  | { name: 'registered'; expiresSeconds: number }
  /** The last REGISTER failed and may succeed later. */
  | { name: 'waiting'; expiresSeconds: number; failures: number }
  /** It shall end, but a REGISTER is under way: one at a time (RFC 3261 §10.2). */
  | { name: 'stopping' }
  | { name: 'unregistering' }
  /** The registrar said no for good: wrong password, no such user. */
  | { name: 'refused' };

/** What may happen to a registration. */
export type RegistrationInput =
  | { type: 'register'; expiresSeconds: number }
  /** `isElsewhere`: the registrar sees us elsewhere than where it has bound us (RFC 3581). */
  | { type: 'accepted'; expiresSeconds: number; isElsewhere?: boolean }
  /** A final answer other than 2xx; `jitter` from 0 to 1 spreads the retries of many clients. */
  | {
      type: 'rejected';
      status: number;
      reason?: string;
      minExpiresSeconds?: number;
      retryAfterSeconds?: number;
      jitter: number;
    }
  /** No answer, or no way to the registrar. */
  | { type: 'failed'; jitter: number }
  | { type: 'timer' }
  /** The connection over which we can be reached is gone. */
  | { type: 'connectionLost'; jitter: number }
  /** We are elsewhere: what is under way is not answered there. */
  | { type: 'networkChanged' }
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
  | { type: 'registrationFailed'; status?: number; reason?: string; retryMs?: number };

/** The answers after which the same request will never succeed (RFC 3261 §10.2.7, §21.4). */
const FINAL = new Set([400, 401, 402, 403, 404, 405, 407, 410, 416, 420, 485]);

/** How often in a row a registrar may ask for a longer time (423) before it is made to wait. */
const MAX_LONGER = 5;

/**
 * How often in a row a Contact is rewritten to where the registrar sees us: a NAT that gives every
 * packet another port, or a registrar that says so, has us go on as we are until the next refresh.
 */
const MAX_REWRITES = 3;

/**
 * A registration that is kept alive (RFC 3261 §10.2): refreshed in time, repeated with growing
 * delays where it failed, and within a second where the connection was lost: not at once, since all
 * phones of an exchange that starts anew lose theirs in the same moment.
 */
export const registrationTable: StateTable<
  RegistrationState,
  RegistrationInput,
  RegistrationOutput
> = {
  unregistered: { register: (_, { expiresSeconds }) => begin(expiresSeconds) },
  refused: { register: (_, { expiresSeconds }) => begin(expiresSeconds) },
  registering: {
    accepted: ({ expiresSeconds: asked, rewrites = 0 }, { expiresSeconds, isElsewhere }) => {
      if (isElsewhere === true && rewrites < MAX_REWRITES) {
        return send({ expiresSeconds: asked, failures: 0, rewrites: rewrites + 1 });
      }
      return to(
        { name: 'registered', expiresSeconds },
        { type: 'arm', delayMs: refreshAfterMs(expiresSeconds) },
        { type: 'tell', event: { type: 'registered', expiresSeconds } },
      );
    },
    rejected: ({ expiresSeconds, failures }, input) => {
      const { status, reason, minExpiresSeconds = 0, retryAfterSeconds, jitter } = input;
      if (status === 423 && minExpiresSeconds > expiresSeconds && failures < MAX_LONGER) {
        return send({ expiresSeconds: minExpiresSeconds, failures: failures + 1 });
      }
      if (FINAL.has(status)) {
        const event = { type: 'registrationFailed', status, ...saying(reason) } as const;
        return to({ name: 'refused' }, { type: 'tell', event });
      }
      const retryMs = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000;
      return wait({ expiresSeconds, failures, jitter, retryMs, status, reason });
    },
    failed: ({ expiresSeconds, failures }, { jitter }) =>
      wait({ expiresSeconds, failures, jitter }),
    connectionLost: ({ expiresSeconds, failures }, { jitter }) =>
      wait({ expiresSeconds, failures, jitter }),
    networkChanged: ({ expiresSeconds }) => begin(expiresSeconds),
    unregister: () => to({ name: 'stopping' }),
  },
  registered: {
    timer: ({ expiresSeconds }) => begin(expiresSeconds),
    connectionLost: ({ expiresSeconds }, { jitter }) =>
      wait({ expiresSeconds, failures: 0, jitter }),
    networkChanged: ({ expiresSeconds }) => begin(expiresSeconds, { type: 'disarm' }),
    register: (_, { expiresSeconds }) => begin(expiresSeconds, { type: 'disarm' }),
    unregister: () =>
      to({ name: 'unregistering' }, { type: 'disarm' }, { type: 'send', expiresSeconds: 0 }),
  },
  waiting: {
    timer: ({ expiresSeconds, failures }) => send({ expiresSeconds, failures }),
    networkChanged: ({ expiresSeconds }) => begin(expiresSeconds, { type: 'disarm' }),
    register: (_, { expiresSeconds }) => begin(expiresSeconds, { type: 'disarm' }),
    unregister: () => gone({ type: 'disarm' }),
  },
  stopping: {
    accepted: () => to({ name: 'unregistering' }, { type: 'send', expiresSeconds: 0 }),
    rejected: () => gone(),
    failed: () => gone(),
    connectionLost: () => gone(),
    networkChanged: () => to({ name: 'unregistering' }, { type: 'send', expiresSeconds: 0 }),
  },
  unregistering: {
    accepted: () => gone(),
    rejected: () => gone(),
    failed: () => gone(),
    connectionLost: () => gone(),
    networkChanged: () => to({ name: 'unregistering' }, { type: 'send', expiresSeconds: 0 }),
  },
};

/** Half of a short time, or a minute before the end of a long one; once a day at least. */
export function refreshAfterMs(expiresSeconds: number): number {
  const seconds = expiresSeconds > 120 ? expiresSeconds - 60 : expiresSeconds / 2;
  return Math.min(86_400, seconds) * 1000;
}

/** 1 s, 2 s, 4 s … 60 s, each between half and all of it. */
export function retryAfterMs(failures: number, jitter: number): number {
  return Math.round(Math.min(60_000, 1000 * 2 ** Math.min(failures, 6)) * (0.5 + jitter / 2));
}

function begin(expiresSeconds: number, ...first: RegistrationOutput[]) {
  return send({ expiresSeconds, failures: 0 }, ...first);
}

function send(
  { expiresSeconds, ...so }: { expiresSeconds: number; failures: number; rewrites?: number },
  ...first: RegistrationOutput[]
) {
  return to<RegistrationState, RegistrationOutput>(
    { name: 'registering', expiresSeconds, ...so },
    ...first,
    { type: 'send', expiresSeconds },
  );
}

function wait(why: {
  expiresSeconds: number;
  failures: number;
  jitter: number;
  retryMs?: number | undefined;
  status?: number;
  reason?: string | undefined;
}) {
  const { expiresSeconds, failures, jitter, status, reason } = why;
  const retryMs = why.retryMs ?? retryAfterMs(failures, jitter);
  const state: RegistrationState = { name: 'waiting', expiresSeconds, failures: failures + 1 };
  const event: RegistrationChange = {
    type: 'registrationFailed',
    retryMs,
    ...(status === undefined ? {} : { status }),
    ...saying(reason),
  };
  return to<RegistrationState, RegistrationOutput>(
    state,
    { type: 'arm', delayMs: retryMs },
    { type: 'tell', event },
  );
}

function saying(reason: string | undefined): { reason?: string } {
  return reason === undefined || reason === '' ? {} : { reason };
}

function gone(...first: RegistrationOutput[]) {
  return to<RegistrationState, RegistrationOutput>({ name: 'unregistered' }, ...first, {
    type: 'tell',
    event: { type: 'unregistered' },
  });
}
