import { NameAddr, uri } from '@strowger/sip-message';
import { type Session, SessionManager } from '@strowger/session-core';
import { FakeMediaBackend } from '@strowger/testkit';
import type { Stage } from './stage.ts';

/** A user agent with media, on sessions; it rings and waits for the story. */
export class SoftPhone {
  readonly name: string;
  readonly manager: SessionManager;
  readonly media: FakeMediaBackend;
  private readonly domain: string;
  private readonly credentials: () => { username: string; password: string };

  constructor(on: Stage, name: string, domain: string) {
    const host = on.simulation.network.host(name);
    const { clock } = on.simulation;
    this.name = name;
    this.domain = domain;
    this.credentials = () => ({ username: name, password: `pw-${name}` });
    this.media = new FakeMediaBackend({ address: host.address, clock, wire: on.media });
    this.manager = new SessionManager({
      runtime: host.runtime,
      sender: on.wire.sender(host),
      media: this.media,
      contactUser: name,
      onIncoming: (session) => session.ring(),
    });
    host.receive = (inbound) => this.manager.receive(inbound);
    on.count(name, this.manager);
  }

  /** Its one session. */
  get session(): Session | undefined {
    return this.manager.sessions()[0];
  }

  register(): void {
    const { credentials, address } = this;
    this.manager.dialogs.request(
      {
        method: 'REGISTER',
        requestUri: uri(`sip:${this.domain}`),
        to: address.uri,
        from: address,
        contactParams: ';expires=3600',
        credentials,
      },
      { onResponse() {}, onFailed() {} },
    );
  }

  call(user: string): Session {
    const { credentials, address } = this;
    const session = this.manager.call({
      to: uri(`sip:${user}@${this.domain}`),
      from: address,
      credentials,
    });
    // how it ends is what the story looks at
    session.connected.catch(() => {});
    return session;
  }

  async answer(): Promise<void> {
    await this.session?.answer();
  }

  private get address(): NameAddr {
    return new NameAddr({ uri: uri(`sip:${this.name}@${this.domain}`) });
  }
}
