import {
  CallEngine,
  type CallEngineOptions,
  echo,
  memoryStores,
  type Stores,
  tone,
} from '@strowger/call-engine';
import { createMediaEngine, type MediaEngineOptions } from '@strowger/media-core';
import { type Logger, nodeRuntime, type Runtime } from '@strowger/runtime';
import { defaultLimits, TransportLayer } from '@strowger/sip-transport';
import { SqliteStores } from '@strowger/store-sqlite';
import { roomsOf } from './conference-rooms.ts';
import { refuseUnsafe } from './config.ts';
import { checkHoldMusic, soundOf } from './hold-music.ts';
import { atOf, type Config, parseHostPort, parsePortRange } from './config-schema.ts';
import { datagramsOf, workerDatagramsOf } from './datagrams.ts';
import { type HttpCertificate, HttpServer } from './http-server.ts';
import { logRecordings, recordingOf } from './recordings.ts';
import { digestByListener, isHttpSecure, isHttpShared, sipListeners } from './sip-listeners.ts';
import { readTls } from './tls-files.ts';
import {
  calleeMediaOf,
  digitsOf,
  forwardingOf,
  type MadeUpPassword,
  settleUsers,
} from './users.ts';

/** A PBX that takes calls. */
export interface Pbx {
  /** What a person needs: where to register, what to dial, where to look. */
  readonly banner: string;
  /**
   * Reads the certificates anew: later TLS handshakes use them, and what is connected lives on.
   * Throws where they cannot be read or used, and nothing has changed then.
   */
  reload(): void;
  /** Drains: no new call, BYE to what is left at the deadline, all records written, all closed. */
  stop(): Promise<void>;
}

/** Starts everything, from the stores up. Rejects, and then holds nothing, when a part cannot. */
export async function startPbx(config: Config, logger: Logger): Promise<Pbx> {
  const runtime = nodeRuntime({ logger, datagrams: datagramsOf(config) });
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
  await checkHoldMusic(config);
  const { stores, close: closeStores } = openStores(config.store);
  opened.push(closeStores);
  const madeUp = await settleUsers(config, stores.credentials, runtime.random);
  const media = createMediaEngine({ runtime, ...mediaOptions(config) });
  opened.push(() => media.close());
  const began = runtime.clock.now();
  let ready = false;
  const http = new HttpServer({
    source: {
      isReady: () => ready,
      counts: async () => ({ ...engine.counts() }),
      uptimeSeconds: () => (runtime.clock.now() - began) / 1000,
    },
    webSockets: isHttpShared(config) ? defaultLimits.connections : 0,
    certificate: isHttpSecure(config) ? httpCertificate(config) : undefined,
  });
  const transport: TransportLayer = new TransportLayer({
    runtime,
    ...sipListeners(config, http.server),
    addresses: { edge: config.edge },
    forceRport: config.forceRport,
    ...(config.dscp?.signalling !== undefined && { dscp: config.dscp.signalling }),
    onMessage: (inbound) => engine.receive(inbound),
    onError: (error) => runtime.logger.warn({ err: error }, 'transport'),
    onSecurityEvent: (event) => runtime.logger.warn({ event }, 'security'),
  });
  const engine = new CallEngine({
    runtime,
    sender: transport,
    flows: transport,
    media,
    srtp: config.media.srtp,
    keying: config.media.keying,
    ...browserMedia(config),
    calleeMedia: calleeMediaOf(config),
    stores,
    domain: config.domain,
    mode: config.mode,
    services: { '*43': echo(), '*60': tone(440) },
    rooms: roomsOf(config),
    ...recordingOf(config),
    publicAccess: config.public,
    ringTimeoutMs: config.ringTimeoutMs,
    maxCalls: config.maxCalls,
    digits: digitsOf(config),
    trickleIce: config.media.ice === 'full',
    forwarding: forwardingOf(config),
    maxForwardings: config.maxForwardings,
    followRedirects: config.followRedirects,
    userAgent: 'strowger',
    digest: {
      algorithms: config.digest,
      algorithmsFor: digestByListener(config),
      nonceLifetimeMs: config.nonceLifetimeMs,
    },
  });
  engine.on('security', (event) => runtime.logger.warn({ event }, 'security'));
  engine.on('conferenceEnded', ({ room, ended: { recording } }) => {
    if (recording) runtime.logger.info({ room, recording }, 'a meeting was recorded');
  });
  logRecordings(engine, runtime.logger);
  await transport.start();
  opened.push(() => transport.close());
  engine.start();
  opened.push(() => engine.close());
  const url = await http.listen(config.http.listen);
  opened.push(() => http.close());
  ready = true;
  return {
    banner: bannerOf(config, madeUp, url),
    reload: () => {
      if (config.tls === undefined) return;
      transport.reloadCertificates(readTls(config.tls));
      http.reload(httpCertificate(config));
    },
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

function mediaOptions(config: Config): MediaEngineOptions {
  const { media, edge } = config;
  const { address, codecs, srtp, ice, keying, workers, transcode, maxTranscoded } = media;
  const { comfortNoise, holdMusic } = media;
  const place = (text: string) => parseHostPort(text) ?? { address: '', port: 0 };
  return {
    address,
    codecs,
    srtp,
    ice,
    keying,
    workers,
    workerDatagrams: workerDatagramsOf(config),
    dscp: config.dscp?.media,
    comfortNoise,
    relay: { transcode, maxTranscoded, ...(holdMusic && { holdMusic: soundOf(holdMusic) }) },
    ports: parsePortRange(media.ports) ?? { from: 20_000, to: 29_999 },
    stunServers: media.stunServers.map(place),
    turnServers: media.turnServers.map(({ at, ...account }) => ({ ...place(at), ...account })),
    remotes: { edge },
  };
}

/** Browsers take no media but what is encrypted by DTLS and found by ICE (RFC 8827, RFC 8834). */
function browserMedia({ media: { srtp, ice } }: Config): Pick<CallEngineOptions, 'webSocketMedia'> {
  if (srtp === 'off' || ice === 'off') return {};
  return { webSocketMedia: { srtp: 'required', keying: ['dtls'], ice } };
}

function openStores(where: string): { stores: Stores; close(): void } {
  if (where === 'memory') return { stores: memoryStores(), close: () => {} };
  const stores = SqliteStores.open({ path: where.slice('sqlite:'.length) });
  return { stores, close: () => stores.close() };
}

function httpCertificate({ tls }: Config): HttpCertificate {
  const [shown] = tls === undefined ? [] : readTls(tls).certificates;
  return { cert: shown?.certificate ?? '', key: shown?.key ?? '' };
}

/** One line, and before it the passwords that were made up, which are shown this once. */
function bannerOf(config: Config, madeUp: readonly MadeUpPassword[], http: string): string {
  const where = config.listen.map(atOf);
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
