import { createMediaEngine, type MediaEngine, type MediaEngineOptions } from '@strowger/media-core';
import { NameAddr, uri } from '@strowger/sip-message';
import { type Session, SessionManager, type SessionManagerOptions } from '@strowger/session-core';
import type { SimulatedHost, Simulation } from '@strowger/testkit';

/** A user of a simulated host whose sessions have our own media: packets on the same network. */
export class MediaPhone {
  readonly host: SimulatedHost;
  readonly media: MediaEngine;
  readonly manager: SessionManager;
  readonly name: string;
  onIncoming: (session: Session) => void | Promise<void> = (session) => session.answer();

  constructor(
    simulation: Simulation,
    name: string,
    options: {
      readonly media?: Partial<MediaEngineOptions>;
      readonly sessions?: Partial<SessionManagerOptions>;
    } = {},
  ) {
    this.name = name;
    this.host = simulation.network.host(name);
    const { runtime, address } = this.host;
    this.media = createMediaEngine({
      address,
      ports: { from: 10_000, to: 10_099 },
      runtime,
      ...options.media,
    });
    this.manager = new SessionManager({
      runtime,
      sender: this.host,
      media: this.media,
      contactUser: name,
      onIncoming: (session) => this.onIncoming(session),
      ...options.sessions,
    });
    this.host.receive = (inbound) => this.manager.receive(inbound);
  }

  call(to: string): Session {
    return this.manager.call({
      to: uri(to),
      from: new NameAddr({ uri: uri(`sip:${this.name}@${this.name}`) }),
    });
  }

  get session(): Session {
    const [session] = this.manager.sessions();
    if (session === undefined) throw new Error(`${this.name} has no session`);
    return session;
  }

  async close(): Promise<void> {
    await this.media.close();
  }
}

/** Which of these tones a session hears now, each of which somebody plays. */
export async function heardTones(
  session: Session,
  simulation: Simulation,
  tones: readonly number[],
): Promise<number[]> {
  const reader = session.audioIn().getReader();
  const samples: number[] = [];
  const reading = (async () => {
    for (;;) {
      const { value } = await reader.read();
      if (value === undefined) return;
      samples.push(...value.samples);
    }
  })();
  await simulation.run(500);
  await reader.cancel();
  await reading;
  const late = samples.slice(-2000); // a quarter of a second: what was buffered before is over
  return tones.filter((hz) => levelOf(late, hz) > 500);
}

/** Amplitude at one frequency. */
function levelOf(samples: readonly number[], hz: number): number {
  let [re, im] = [0, 0];
  for (const [at, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hz * at) / 8000;
    re += sample * Math.cos(angle);
    im += sample * Math.sin(angle);
  }
  return (2 * Math.hypot(re, im)) / Math.max(1, samples.length);
}
