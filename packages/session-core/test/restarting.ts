import { NameAddr, uri } from '@strowger/sip-message';
import {
  type CallOptions,
  type Session,
  SessionManager,
  type SessionManagerOptions,
} from '@strowger/session-core';
import { FakeMediaBackend, type FakeMediaWire, type Simulation } from '@strowger/testkit';
import type { Inbound } from '@strowger/transaction-core';
import { drivenRows } from './two-phones.ts';

/** A phone whose process can die: its sessions are on the disk of its host at every moment. */
export class MortalPhone {
  readonly log: string[] = [];
  readonly simulation: Simulation;
  readonly name: string;
  readonly mediaNetwork: string;
  readonly wire: FakeMediaWire;
  manager: SessionManager;
  media: FakeMediaBackend;
  private readonly options: Partial<SessionManagerOptions>;
  private lives = 0;

  constructor(
    simulation: Simulation,
    setup: { name: string; mediaNetwork: string; wire: FakeMediaWire },
    options: Partial<SessionManagerOptions> = {},
  ) {
    simulation.network.host(setup.name);
    this.simulation = simulation;
    this.name = setup.name;
    this.mediaNetwork = setup.mediaNetwork;
    this.wire = setup.wire;
    this.options = options;
    ({ manager: this.manager, media: this.media } = this.boot());
  }

  get session(): Session {
    const [session] = this.manager.sessions();
    if (session === undefined) throw new Error(`${this.name} has no session`);
    return session;
  }

  call(to: string, options: Partial<CallOptions> = {}): Session {
    return this.manager.call({
      to: uri(`sip:${to}@${to}`),
      from: new NameAddr({ uri: uri(`sip:${this.name}@${this.name}`) }),
      ...options,
    });
  }

  get disk(): Map<string, string> {
    return this.simulation.network.hostOf(this.name).disk;
  }

  /** Nothing of its memory is left, nobody listens where its media was. */
  die(): void {
    this.simulation.network.hostOf(this.name).kill();
    for (const [place, endpoint] of this.wire) {
      if (this.media.endpoints.includes(endpoint)) this.wire.delete(place);
    }
  }

  /** Another process goes on with what is on the disk. */
  comeBack(): void {
    ({ manager: this.manager, media: this.media } = this.boot());
    for (const text of this.disk.values()) this.manager.restore(JSON.parse(text));
  }

  private boot(): { manager: SessionManager; media: FakeMediaBackend } {
    const { name, wire, options, simulation } = this;
    const host = simulation.network.hostOf(name);
    // media of its own in each life: whatever still goes to the ports of the one before is lost
    const address = `${this.mediaNetwork}.${++this.lives}`;
    return host.start((machine) => {
      const { runtime } = machine;
      const media = new FakeMediaBackend({
        clock: runtime.clock,
        address,
        wire,
        encrypts: options.srtp !== undefined,
      });
      const manager = new SessionManager({
        runtime,
        sender: machine,
        media,
        contactUser: name,
        onIncoming: (session) => session.answer(),
        onSessionChanged: (session) => save(machine.disk, session),
        onStep: (state, input) => drivenRows.add(`${state} ${input}`),
        ...options,
      });
      this.listen(manager);
      return { manager, media, receive: (inbound: Inbound) => manager.receive(inbound) };
    });
  }

  private listen(manager: SessionManager): void {
    const { log } = this;
    manager.on('digit', ({ digit, source }) => log.push(`digit ${digit} ${source}`));
    manager.on('mediaRecovering', ({ code, retriesLeft }) =>
      log.push(`recovering ${code} ${retriesLeft}`),
    );
    manager.on('mediaRecovered', ({ tries }) => log.push(`recovered ${tries}`));
    manager.on('stateChanged', ({ to }) => log.push(to));
    manager.on('terminated', ({ reason: { kind, by, status, cause } }) => {
      log.push(`ended ${kind} by ${by} ${status}/${cause}`);
    });
  }
}

function save(disk: Map<string, string>, session: Session): void {
  if (session.state === 'terminated') disk.delete(session.id);
  else disk.set(session.id, JSON.stringify(session.snapshot()));
}
