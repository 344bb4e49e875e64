import type { EndedConference, SessionManager } from '@strowger/session-core';
import { Doorkeeper } from './admission.ts';
import { type AuthenticationFailure, Authenticator } from './authenticator.ts';
import type { CallEngineOptions, EngineSettings } from './call-engine-options.ts';
import { ConferenceRoom } from './conference-room.ts';
import { Domain } from './domain.ts';
import { ALLOWED, NonCallRequests } from './non-call-requests.ts';
import { Registrar, type RegistrationChange } from './registrar.ts';
import { Router } from './router.ts';
import type { Service, ServiceCall } from './service.ts';

/** What decides in an engine. */
export interface EngineParts {
  readonly domain: Domain;
  readonly registrar: Registrar;
  readonly router: Router;
  readonly doorkeeper: Doorkeeper;
  readonly requests: NonCallRequests;
  readonly authenticator: Authenticator;
  readonly rooms: readonly ConferenceRoom[];
}

/** Builds the deciding parts from the options. */
export function enginePartsOf(
  options: CallEngineOptions,
  settings: EngineSettings,
  told: {
    onRegistration(change: RegistrationChange): void;
    onFailure(failure: AuthenticationFailure): void;
    onConferenceEnded(room: string, ended: EndedConference): void;
    sessions(): SessionManager;
  },
): EngineParts {
  const { runtime, sender } = options;
  const { location, credentials } = options.stores;
  const { expiry, maxContacts, failures, algorithms } = settings;
  const domain = new Domain(options.domain, options.aliases);
  const onChange = told.onRegistration;
  const registrar = new Registrar({
    runtime,
    location,
    expiry,
    maxContacts,
    serviceRoute: options.registration?.serviceRoute,
    isFlowOpen: (hop) => sender.isFlowOpen?.(hop) ?? true,
    onChange,
  });
  const rooms = Object.entries(options.rooms ?? {}).map(([name, room]) => {
    return new ConferenceRoom({
      name,
      uri: domain.uri(name),
      options: room,
      runtime,
      sessions: told.sessions,
      onEnded: (ended) => told.onConferenceEnded(name, ended),
    });
  });
  const services = new Map<string, Service>([
    ...Object.entries(options.services ?? {}),
    ...rooms.map((room) => [room.name, (call: ServiceCall) => room.serve(call)] as const),
  ]);
  const router = new Router({ domain, registrar, credentials, services });
  const nonceLifetimeMs = options.digest?.nonceLifetimeMs;
  const authenticator = new Authenticator({
    runtime,
    realm: domain.name,
    credentials,
    algorithms,
    failures,
    ...(nonceLifetimeMs === undefined ? {} : { nonceLifetimeMs }),
    onFailure: told.onFailure,
    flows: options.flows,
    isRegisteredFrom: ({ username, address }) =>
      registrar.isRegisteredFrom(domain.addressOfRecord(username), address),
  });
  const publicAccess = new Set(options.publicAccess);
  return {
    domain,
    registrar,
    router,
    authenticator,
    doorkeeper: new Doorkeeper({ domain, router, authenticator, publicAccess }),
    requests: new NonCallRequests({
      domain,
      authenticator,
      registrar,
      allowed: rooms.length === 0 ? ALLOWED : [...ALLOWED, 'SUBSCRIBE'],
    }),
    rooms,
  };
}
