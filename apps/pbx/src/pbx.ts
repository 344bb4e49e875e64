import { CallEngine, echo, memoryStores, type Stores, tone } from '@strowger/call-engine';
import { createMediaEngine } from '@strowger/media-core';
import { type Logger, nodeRuntime, type Runtime } from '@strowger/runtime';
import type { DigestAlgorithm } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import { SqliteStores } from '@strowger/store-sqlite';
import type { Inbound } from '@strowger/transaction-core';
import { refuseUnsafe } from './config.ts';
import { type Config, parseHostPort, parsePortRange } from './config-schema.ts';
import { startHttp } from './http-server.ts';
import { type MadeUpPassword, settleUsers } from './users.ts';

/** A PBX that takes calls. */
export interface Pbx {
  /** What a person needs: where to register, what to dial, where to look. */
  readonly banner: string;
  /** Drains: no new call, BYE to what is left at the deadline, all records written, all closed. */
  stop(): Promise<void>;
}

/** Starts everything, from the stores up. Rejects, and then holds nothing, when a part cannot. */
export async function startPbx(config: Config, logger: Logger): Promise<Pbx> {
  const runtime = nodeRuntime({ logger });
  const opened: (() => void | Promise<void>)[] = [];
  try {
    return await open(config, runtime, opened);
  } catch (error) {
    for (const close of opened.toReversed()) await close();
    throw error;
  }
}

async function open(
  config: Config,
  runtime: Runtime,
  opened: (() => void | Promise<void>)[],
): Promise<Pbx> {
  refuseUnsafe(config, config.users === undefined);
  const { stores, close: closeStores } = openStores(config.store);
  opened.push(closeStores);
  const madeUp = await settleUsers(config, stores.credentials, runtime.random);
  const media = createMediaEngine({
    runtime,
    address: config.media.address,
    ports: parsePortRange(config.media.ports) ?? { from: 20_000, to: 29_999 },
    codecs: config.media.codecs,
    workers: config.media.workers,
  });
  opened.push(() => media.close());
  const points = config.listen.map((point) =>
    typeof point === 'string' ? { at: point, digest: undefined } : point,
  );
  const transport: TransportLayer = new TransportLayer({
    runtime,
    listen: points.map(({ at }) => at),
    onMessage: (inbound) => engine.receive(inbound),
    onError: (error) => runtime.logger.warn({ err: error }, 'transport'),
    onSecurityEvent: (event) => runtime.logger.warn({ event }, 'security'),
  });
  const engine = new CallEngine({
    runtime,
    sender: transport,
    flows: transport,
    media,
    stores,
    domain: config.domain,
    services: { '*43': echo(), '*60': tone(440) },
    publicAccess: config.public,
    ringTimeoutMs: config.ringTimeoutMs,
    maxCalls: config.maxCalls,
    userAgent: 'strowger',
    digest: {
      algorithms: config.digest,
      algorithmsFor: digestByListener(points),
      nonceLifetimeMs: config.nonceLifetimeMs,
    },
  });
  await transport.start();
  opened.push(() => transport.close());
  engine.start();
  opened.push(() => engine.close());
  const began = runtime.clock.now();
  let ready = true;
  const http = await startHttp(config.http.listen, {
    isReady: () => ready,
    counts: async () => ({ ...engine.counts() }),
    uptimeSeconds: () => (runtime.clock.now() - began) / 1000,
  });
  return {
    banner: bannerOf(config, madeUp, http.url),
    stop: async () => {
      ready = false;
      await engine.drain({ deadlineMs: config.drainMs });
      await engine.close();
      await transport.close();
      await media.close();
      await http.close();
      closeStores();
    },
  };
}

function openStores(where: string): { stores: Stores; close(): void } {
  if (where === 'memory') return { stores: memoryStores(), close: () => {} };
  const stores = SqliteStores.open({ path: where.slice('sqlite:'.length) });
  return { stores, close: () => stores.close() };
}

type ListenPoint = { at: string; digest?: readonly DigestAlgorithm[] | undefined };

/** What is offered where a request came in, for listeners that have a setting of their own. */
function digestByListener(points: readonly ListenPoint[]) {
  const settings = new Map<string, readonly DigestAlgorithm[]>();
  for (const { at, digest } of points) {
    const local = parseHostPort(at.slice(4));
    if (digest !== undefined && local !== undefined) {
      settings.set(`${at.slice(0, 3)} ${local.address} ${local.port}`, digest);
    }
  }
  return ({ hop, local }: Inbound): readonly DigestAlgorithm[] | undefined =>
    settings.get(`${hop.transport} ${local.address} ${local.port}`);
}

/** One line, and before it the passwords that were made up, which are shown this once. */
function bannerOf(config: Config, madeUp: readonly MadeUpPassword[], http: string): string {
  const where = config.listen.map((point) => (typeof point === 'string' ? point : point.at));
  const users = config.users?.map(({ user }) => user) ?? ['alice', 'bob'];
  const shown = users.slice(0, 5).join(', ') + (users.length > 5 ? ', …' : '');
  const passwords = madeUp.map(
    ({ user, password }) => `user ${user}, password ${password} (made up; shown only now)\n`,
  );
  return (
    passwords.join('') +
    `ready: register ${shown} of ${config.domain} at ${where.join(' ')}; ` +
    `dial *43 echo, *60 tone${users.length > 0 ? ', or a user' : ''}; look at ${http}/health`
  );
}
