import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type Clock, StrowgerError } from '@strowger/runtime';
import { type ByteSink, SINK_WAITING_BYTES } from './byte-sink.ts';
import { recordingFailed } from './recording-failed.ts';

/** How long a server may take to answer once it has everything. */
const ANSWER_MS = 15_000;

/** Where a recording is sent while it is made. */
export interface HttpTarget {
  /** `http:` or `https:`. */
  readonly url: string;
  /** Default PUT. */
  readonly method?: 'PUT' | 'POST' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * A server that is sent the recording as it comes, as one request with chunks (RFC 9112 §7.1). It
 * answers 2xx at the end; redirects are not followed.
 */
export class HttpSink implements ByteSink {
  readonly where: string;
  readonly #clock: Clock;
  readonly #request: ClientRequest;
  readonly #answer: Promise<void>;
  #failure: unknown;

  /** @throws StrowgerError `RECORDING_FAILED` for a URL that is none. */
  constructor(target: HttpTarget, contentType: string, clock: Clock) {
    const { url, method = 'PUT', headers = {} } = target;
    this.where = withoutSecrets(url);
    this.#clock = clock;
    const { protocol } = URL.canParse(url) ? new URL(url) : { protocol: '' };
    const isSecure = protocol === 'https:';
    if (!isSecure && protocol !== 'http:') {
      throw recordingFailed(this.where, 'only http: and https: are sent to');
    }
    const options = { method, headers: { 'Content-Type': contentType, ...headers }, agent: false };
    try {
      this.#request = (isSecure ? httpsRequest : httpRequest)(url, options);
    } catch (cause) {
      throw recordingFailed(this.where, cause); // a header that cannot be sent
    }
    this.#answer = this.#follow();
    this.#answer.catch((error: unknown) => (this.#failure ??= error)); // told at the end
    this.#request.flushHeaders();
  }

  get isFull(): boolean {
    return this.#failure !== undefined || this.#request.writableLength > SINK_WAITING_BYTES;
  }

  write(bytes: Uint8Array): void {
    if (this.#failure === undefined) this.#request.write(bytes);
  }

  async close(): Promise<void> {
    const late = new StrowgerError('RECORDING_FAILED', 'the server does not answer');
    const timer = this.#clock.arm(ANSWER_MS, () => this.#request.destroy(late));
    try {
      if (this.#failure === undefined) this.#request.end();
      await this.#answer;
    } catch (cause) {
      throw recordingFailed(this.where, cause);
    } finally {
      timer.cancel();
    }
  }

  #follow(): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = this.#request;
      let isSent = false;
      let isWanted = false;
      const judge = (response: IncomingMessage): void => {
        response.resume();
        const { statusCode = 0 } = response;
        isWanted = statusCode >= 200 && statusCode < 300;
        if (isWanted && isSent) return resolve();
        if (isWanted) return; // before it has everything: that must leave as well
        reject(new Error(`the server answers ${statusCode}`));
        request.destroy();
      };
      const sent = (): void => {
        isSent = request.socket?.destroyed === false; // what a lost connection drops is told, too
        if (isWanted && isSent) resolve();
      };
      const lost = (): void => {
        const why = isWanted ? 'answered before it had everything' : 'has hung up';
        reject(new Error(`the server ${why}`));
      };
      request.once('response', judge);
      request.once('finish', sent);
      request.on('error', reject);
      request.once('close', lost);
    });
  }
}

/** A URL as it may stand in a log: tokens are often in its query. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return 'what is no URL';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
