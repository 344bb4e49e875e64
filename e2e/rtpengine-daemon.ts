import { join } from 'node:path';
import { NgClient } from '@strowger/media-rtpengine';
import { nodeRuntime } from '@strowger/runtime';
import { type Background, background, until } from './lab.ts';

/** What a daemon is started with. */
export interface RtpengineDaemonOptions {
  readonly folder: string;
  /** Of its control socket. */
  readonly port: number;
  readonly ports: { readonly from: number; readonly to: number };
  /** Where it sends its digit log, `address:port`. */
  readonly digitLog?: string;
  /** Where it writes captures of calls that it is told to record. */
  readonly recordings?: string;
}

/** A real rtpengine on loopback, in userspace: no kernel module. */
export class RtpengineDaemon {
  readonly engine: { readonly address: string; readonly port: number };
  private readonly options: RtpengineDaemonOptions;
  private running: Background | undefined;

  constructor(options: RtpengineDaemonOptions) {
    this.options = options;
    this.engine = { address: '127.0.0.1', port: options.port };
  }

  async start(): Promise<void> {
    const { folder, port, ports, digitLog, recordings } = this.options;
    this.running = background(join(folder, `rtpengine-${port}.log`), [
      'rtpengine',
      '--config-file=none',
      '--foreground',
      '--log-stderr',
      '--table=-1',
      '--interface=127.0.0.1',
      `--listen-ng=127.0.0.1:${port}`,
      `--port-min=${ports.from}`,
      `--port-max=${ports.to}`,
      '--num-threads=2',
      `--pidfile=${join(folder, `rtpengine-${port}.pid`)}`,
      ...(digitLog === undefined ? [] : [`--dtmf-log-dest=${digitLog}`]),
      ...(recordings === undefined
        ? []
        : ['--recording-method=pcap', '--recording-format=eth', `--recording-dir=${recordings}`]),
    ]);
    const client = new NgClient({ runtime: nodeRuntime(), engine: this.engine });
    await until('rtpengine', async () => (await client.request('ping')).result === 'pong');
    await client.close();
  }

  /** At once: what it had is lost. */
  async kill(): Promise<void> {
    await this.running?.stop('SIGKILL');
    this.running = undefined;
  }
}
