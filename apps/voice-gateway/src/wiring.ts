import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '@strowger/daemon';
import { createMediaEngine } from '@strowger/media-core';
import { type Logger, nodeRuntime, type Runtime } from '@strowger/runtime';
import { SipClient } from '@strowger/sip-client';
import type { Agent, Voice } from '@strowger/voice-agent';
import { audioSocketLinks } from './audio-socket-link.ts';
import { type Config, parseHostPort, parsePortRange } from './config-schema.ts';
import { Gateway } from './gateway.ts';
import { HttpServer } from './http-server.ts';
import { pcmLinks } from './pcm-link.ts';
import { functionProgram, linkedProgram, type Program } from './program.ts';
import type { LinkOpener } from './program-link.ts';
import { twilioLinks } from './twilio-link.ts';
import { espeakVoice, recordedVoice } from './voices.ts';

/** A gateway that runs. */
export interface RunningGateway {
  /** Where it is called, and where its API is, in a line. */
  readonly banner: string;
  readonly contact: string;
  readonly url: string | undefined;
  readonly gateway: Gateway;
  /** Lets calls go on for `drainMs`, then ends them; resolves when all is closed. */
  stop(): Promise<void>;
}

/** Starts what a configuration describes. Rejects with `ConfigError` and with what cannot be opened. */
export async function startGateway(config: Config, logger: Logger): Promise<RunningGateway> {
  const runtime = nodeRuntime({ logger });
  const program = await programOf(config, runtime);
  const client = clientOf(config, runtime);
  const gateway = new Gateway({
    client,
    program,
    identity: config.sip.uri,
    whenDown: config.whenDown,
    maxCalls: config.limits.calls,
    parameters: config.parameters,
    clock: runtime.clock,
    logger,
    makeId: () => randomUUID().replaceAll('-', ''),
  });
  gateway.start();
  const http = httpOf(config, gateway);
  try {
    const contact = await client.contact();
    const url = await http?.listen();
    if (config.sip.register) register(client, logger);
    return {
      banner: `calls to ${contact}${url === undefined ? '' : `, ${url}`}`,
      contact,
      url,
      gateway,
      async stop() {
        await gateway.drain(config.drainMs);
        await Promise.all([client.close(), http?.close()]);
      },
    };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** It is tried again by itself, unless the registrar says no for good. */
function register(client: SipClient, logger: Logger): void {
  client.on('registration', (change) => logger.info(change, 'registration'));
  client.register().catch((error: unknown) => logger.error({ err: error }, 'not registered'));
}

function httpOf(
  { http }: Config,
  gateway: Gateway,
): { listen(): Promise<string>; close(): Promise<void> } | undefined {
  const at = http && parseHostPort(http.listen);
  if (at === undefined) return undefined;
  const server = new HttpServer({ gateway, token: http?.token });
  return { listen: () => server.listen(at), close: () => server.close() };
}

function clientOf({ sip, media, speech }: Config, runtime: Runtime): SipClient {
  const { password, server, transport, listen } = sip;
  const { from, to } = parsePortRange(media.ports) ?? { from: 10_000, to: 19_999 };
  return new SipClient({
    uri: sip.uri,
    runtime,
    ...(password !== undefined && { password }),
    ...(server !== undefined && { server }),
    ...(transport !== undefined && { transport }),
    ...(listen !== undefined && { listen }),
    ...(media.address !== undefined && { media: { address: media.address } }),
    openMedia: (address) =>
      createMediaEngine({
        address,
        ports: { from, to },
        codecs: media.codecs,
        srtp: media.srtp,
        digits: media.digits,
        speech,
        jitterMs: JITTER,
        runtime,
      }),
  });
}

/** As little as a packet: who barges in waits for it. It grows where the network needs it. */
const JITTER = { minimum: 20, maximum: 200 };

async function programOf(config: Config, runtime: Runtime): Promise<Program> {
  const { program, limits, bargeIn } = config;
  const { clock, logger } = runtime;
  if (program.type === 'function') {
    const [agent, voice] = await Promise.all([agentOf(program.module), voiceOf(program.voice)]);
    return functionProgram({ agent, voice, clock });
  }
  return linkedProgram({
    open: openerOf(config, runtime),
    toCallerBytes: limits.toCallerBytes,
    clearsOnSpeech: bargeIn === 'gateway',
    clock,
    logger,
  });
}

function openerOf({ program, limits }: Config, { clock }: Runtime): LinkOpener {
  const shared = { limits, clock };
  switch (program.type) {
    case 'twilio': {
      const { url, headers, accountSid, tracks } = program;
      const both = tracks === 'both' ? (['inbound', 'outbound'] as const) : [tracks];
      return twilioLinks({ url, headers, accountSid, tracks: both, ...shared });
    }
    case 'pcm': {
      const { url, headers, sampleRate } = program;
      return pcmLinks({ url, headers, sampleRate, ...shared });
    }
    case 'audiosocket': {
      const at = parseHostPort(program.address) ?? { host: '127.0.0.1', port: 0 };
      return audioSocketLinks({ ...at, sampleRate: program.sampleRate, ...shared });
    }
    case 'function':
      throw new Error('a function is not connected to');
    default:
      program satisfies never;
      throw new Error('no such program');
  }
}

async function agentOf(file: string): Promise<Agent> {
  const found: unknown = await import(pathToFileURL(resolve(file)).href).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError([`program.module: ${file} cannot be loaded: ${why}`]);
  });
  const agent = (found as { default?: unknown }).default; // a module's namespace
  if (typeof agent === 'function') return agent as Agent; // what it takes cannot be asked
  throw new ConfigError([`program.module: ${file} has no function as its default export`]);
}

function voiceOf(
  voice: Extract<Config['program'], { type: 'function' }>['voice'],
): Promise<Voice> | Voice | undefined {
  if (voice === undefined) return undefined;
  return voice === 'espeak-ng' ? espeakVoice() : recordedVoice(voice.prompts);
}
