import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Background, background, until } from './lab.ts';

/** A sound card that does not exist, for phones that insist on one. */
export interface SoundCard {
  /** What a phone has to be started with. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/**
 * A private PulseAudio server with a null sink as loudspeaker and another one, into which a WAV
 * file is played over and over, as microphone.
 */
export async function soundCard(folder: string, name: string, wav: string): Promise<SoundCard> {
  const home = join(folder, `pulse-${name}`);
  mkdirSync(home, { recursive: true });
  const socket = join(home, 'native');
  const env = {
    HOME: home,
    XDG_RUNTIME_DIR: home,
    PULSE_RUNTIME_PATH: home,
    PULSE_STATE_PATH: home,
    PULSE_SERVER: `unix:${socket}`,
    PULSE_COOKIE: join(home, 'cookie'),
    PULSE_LATENCY_MSEC: '30',
  };
  writeFileSync(
    join(home, '.asoundrc'),
    'pcm.!default { type pulse }\nctl.!default { type pulse }\n',
  );
  const log = join(folder, `pulse-${name}.log`);
  const modules = [
    `module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
    'module-null-sink sink_name=spk rate=48000 channels=1',
    'module-null-sink sink_name=mic rate=48000 channels=1',
    'module-remap-source source_name=micsrc master=mic.monitor',
  ];
  const server = background(
    log,
    [
      'pulseaudio',
      '-n',
      '--daemonize=no',
      '--exit-idle-time=-1',
      '--disable-shm=yes',
      '--use-pid-file=no',
      '--log-target=stderr',
      ...modules.flatMap((module) => ['-L', module]),
    ],
    { env },
  );
  const control = (...args: string[]): string =>
    spawnSync('pactl', args, { env: { ...process.env, ...env }, encoding: 'utf8' }).stdout;
  await until('pulseaudio', () => control('list', 'short', 'sources').includes('micsrc'));
  control('set-default-sink', 'spk');
  control('set-default-source', 'micsrc');
  const loop = 'while :; do paplay -d mic "$1" || sleep 1; done';
  const player: Background = background(log, ['sh', '-c', loop, 'sh', wav], { env });
  return {
    env,
    stop: async () => {
      await player.stop();
      await server.stop();
    },
  };
}
