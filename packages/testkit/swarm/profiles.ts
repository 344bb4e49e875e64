import type { LinkSettings } from '../src/simulation-links.ts';

/** A kind of network and of people. */
export interface Profile {
  readonly link: Partial<LinkSettings>;
  readonly transports: readonly ['udp' | 'tcp', ...('udp' | 'tcp')[]];
  /**
   * What the network may do to a call: `nothing` (nobody ever times out), `little` (who is very
   * unlucky does), `anything`.
   */
  readonly harm: 'nothing' | 'little' | 'anything';
  /** Faults per world besides those of the links. */
  readonly faults: readonly FaultKind[];
  readonly isNatted?: boolean;
  readonly isHostile?: boolean;
}

export type FaultKind = 'partition' | 'rebind' | 'kill' | 'wallClock' | 'dropStreams' | 'dns';

const LOSS_30 = { loss: 0.3, duplicate: 0.1, reorder: 0.1, jitterMs: 20 };

export const PROFILES = {
  clean: { link: {}, transports: ['udp'], harm: 'nothing', faults: [] },
  // of an INVITE all seven copies, or what answers them, are lost once in 110,000 times
  loss10: {
    link: { loss: 0.1, jitterMs: 10 },
    transports: ['udp'],
    harm: 'little',
    faults: [],
  },
  loss30: { link: LOSS_30, transports: ['udp'], harm: 'little', faults: [] },
  streams: {
    link: { split: 0.3, merge: 0.2, jitterMs: 5 },
    transports: ['tcp'],
    harm: 'nothing',
    faults: [],
  },
  cuts: {
    link: { split: 0.2, merge: 0.1, cut: 0.01, loss: 0.05 },
    transports: ['tcp', 'udp'],
    harm: 'anything',
    faults: ['dropStreams', 'dropStreams'],
  },
  nat: {
    link: { loss: 0.05, jitterMs: 5 },
    transports: ['udp'],
    harm: 'nothing',
    faults: [],
    isNatted: true,
  },
  rebind: {
    link: { loss: 0.02, jitterMs: 5 },
    transports: ['udp', 'tcp'],
    harm: 'anything',
    faults: ['rebind', 'rebind'],
    isNatted: true,
  },
  partition: {
    link: { loss: 0.1, duplicate: 0.05, reorder: 0.05, jitterMs: 30 },
    transports: ['udp', 'tcp'],
    harm: 'anything',
    faults: ['partition', 'partition', 'partition', 'wallClock'],
  },
  restart: {
    link: { loss: 0.05, jitterMs: 5 },
    transports: ['udp', 'tcp'],
    harm: 'anything',
    faults: ['kill', 'kill', 'kill', 'kill', 'wallClock', 'dns'],
  },
  hostile: {
    link: { loss: 0.05, jitterMs: 5 },
    transports: ['udp'],
    harm: 'nothing',
    faults: ['wallClock'],
    isHostile: true,
  },
} as const satisfies Readonly<Record<string, Profile>>;

export type ProfileName = keyof typeof PROFILES;

export function profileOf(name: ProfileName): Profile {
  return PROFILES[name];
}

export function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name);
}
