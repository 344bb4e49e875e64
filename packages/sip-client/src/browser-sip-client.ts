import { BrowserMedia, type BrowserMediaOptions } from '@strowger/media-browser';
import { StrowgerError, webRuntime } from '@strowger/runtime';
import { WebSocketClient } from '@strowger/sip-transport';
import type { SipClientOptions } from './sip-client-options.ts';
import { WiredSipClient } from './wired-sip-client.ts';

/** What a client in a web page is made of. */
export interface BrowserClientOptions
  extends Omit<
    SipClientOptions,
    'server' | 'transport' | 'listen' | 'tls' | 'webSocket' | 'media' | 'connect' | 'openMedia'
  > {
  /** The WebSocket of the server, such as `wss://pbx.example:8443/sip`: everything goes there. */
  readonly server: string;
  /** Microphone, loudspeaker, codecs, STUN and TURN servers. Media is encrypted, and found by ICE. */
  readonly media?: Omit<BrowserMediaOptions, 'clock'>;
}

/**
 * A phone number for a web page: SIP over a WebSocket (RFC 7118), media by the browser's own
 * `RTCPeerConnection`. It needs a secure context, as the microphone does.
 */
export class SipClient extends WiredSipClient {
  /** Throws `BAD_ACCOUNT`, `BAD_OPTION`, `BAD_SERVER`; opens nothing yet. */
  constructor({ server: url, media = {}, ...options }: BrowserClientOptions) {
    super(
      { ...options, server: sipUriOf(url) },
      {
        runtime: () => webRuntime(),
        restartsIce: true,
        server: sipUriOf(url),
        connect: (hooks, { runtime }) => new WebSocketClient({ runtime, url, ...hooks }),
        openMedia: (_, { runtime }) => new BrowserMedia({ clock: runtime.clock, ...media }),
      },
    );
  }
}

function sipUriOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const transport = url?.protocol.slice(0, -1);
  if (url === undefined || (transport !== 'wss' && transport !== 'ws')) {
    const what = `${text} is no URL of a WebSocket, such as wss://pbx.example/sip`;
    throw new StrowgerError('BAD_SERVER', what, {
      recovery: { kind: 'fixConfiguration', key: 'server' },
    });
  }
  const port = url.port === '' ? { ws: 80, wss: 443 }[transport] : url.port;
  return `sip:${url.hostname}:${port};transport=${transport}`;
}
