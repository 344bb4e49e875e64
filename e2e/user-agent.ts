import {
  type Dialog,
  DialogLayer,
  type DialogLayerOptions,
  type IncomingInvite,
} from '@strowger/dialog-core';
import { type Clock, nodeRuntime, type Runtime } from '@strowger/runtime';
import { NameAddr, type SipResponse, uri } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';

/** How much faster than real time the timers of a `hurried` user agent are. */
const HURRY = 20;

/** A session description of a user agent that sends no media. */
export const SDP = {
  type: 'application/sdp',
  content: [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=audio 49170 RTP/AVP 0',
    'a=rtpmap:0 PCMU/8000',
    '',
  ].join('\r\n'),
};

/** A user agent on real sockets: a dialog layer on a transport layer, and nothing else. */
export class UserAgent {
  readonly layer: DialogLayer;
  /** What happened, in order. */
  readonly log: string[] = [];
  /** Its last dialog. */
  dialog: Dialog | undefined;
  onInvite: (invite: IncomingInvite) => void = (invite) => invite.reject(480);
  private readonly transport: TransportLayer;
  private readonly name: string;

  private constructor(name: string, port: number, options: UserAgentOptions) {
    const { hurried = false, ...rest } = options;
    const runtime = hurried ? hurriedRuntime() : nodeRuntime();
    this.name = name;
    this.transport = new TransportLayer({
      runtime: nodeRuntime(),
      listen: [`udp:127.0.0.1:${port}`],
      onMessage: (inbound) => this.layer.receive(inbound),
    });
    this.layer = new DialogLayer({
      runtime,
      sender: this.transport,
      user: { onInvite: (invite) => this.onInvite(invite), onRequest() {} },
      contactUser: name,
      ...(hurried ? { timers: { t1Ms: 500 * HURRY, t2Ms: 4000 * HURRY, t4Ms: 5000 * HURRY } } : {}),
      ...rest,
    });
  }

  static async start(
    name: string,
    port: number,
    options: UserAgentOptions = {},
  ): Promise<UserAgent> {
    const agent = new UserAgent(name, port, options);
    await agent.transport.start();
    return agent;
  }

  /** Calls what listens on this port; resolves when the call is answered, refused or lost. */
  call(port: number, started: (invite: { cancel(): void }) => void = () => {}): Promise<string> {
    return new Promise((resolve) => {
      const invite = this.layer.invite(
        {
          to: uri(`sip:peer@127.0.0.1:${port}`),
          from: new NameAddr({ uri: uri(`sip:${this.name}@127.0.0.1`) }),
          body: SDP,
        },
        {
          onProvisional: ({ status }: SipResponse) => {
            this.log.push(String(status));
            if (status === 180) started(invite);
          },
          onAccepted: (_, dialog) => {
            this.own(dialog).ack();
            resolve('accepted');
          },
          onRejected: ({ status }) => resolve(String(status)),
          onFailed: ({ kind }) => resolve(kind),
        },
      );
    });
  }

  /** Takes a dialog as its own: follows changes, and notes its end. */
  own(dialog: Dialog): Dialog {
    this.dialog = dialog;
    dialog.user = {
      onReinvite: (reinvite) => reinvite.accept({ body: SDP }),
      onUpdate: (update) => update.accept({ body: SDP }),
      onEnded: ({ kind }) => this.log.push(`ended ${kind}`),
    };
    return dialog;
  }

  /** Whether nothing of its calls is left but transactions that linger. */
  get isQuiet(): boolean {
    const { dialogs, requests, subscriptions } = this.layer.counts();
    return dialogs + requests + subscriptions === 0;
  }

  async stop(): Promise<void> {
    this.layer.close();
    await this.transport.close();
  }
}

/** What a user agent is made with. */
export interface UserAgentOptions
  extends Partial<Omit<DialogLayerOptions, 'runtime' | 'sender' | 'user'>> {
  /** Its clock runs faster, all but the timers of transactions: for intervals of minutes. */
  readonly hurried?: boolean;
}

function hurriedRuntime(): Runtime {
  const runtime = nodeRuntime();
  const real = runtime.clock;
  const clock: Clock = {
    now: () => real.now() * HURRY,
    wall: () => real.wall(),
    arm: (delayMs, act) => real.arm(delayMs / HURRY, act),
    get armedTimers() {
      return real.armedTimers;
    },
  };
  return { ...runtime, clock };
}
