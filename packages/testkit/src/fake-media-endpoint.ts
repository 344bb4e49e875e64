import type {
  AnswererOutcome,
  AudioSource,
  Cleared,
  DigitOptions,
  MarkOutcome,
  MediaDirection,
  MediaEndpoint,
  MediaEndpointEvent,
  MediaIntent,
  MediaSecurity,
  MediaStats,
  PcmFrame,
  Playback,
  PlayOptions,
  Recording,
  Sdp,
  SrtpPolicy,
} from '@strowger/session-core';
import { type Clock, StrowgerError } from '@strowger/runtime';
import { FakeAudio } from './fake-audio.ts';
import type { FakeMediaOperation, FakeMediaWire } from './fake-media.ts';
import { FakeTraffic } from './fake-traffic.ts';
import {
  FAKE_SUITE,
  type FakeDescription,
  hears,
  mirror,
  narrow,
  readFakeSdp,
  sends,
  writeFakeSdp,
} from './fake-sdp.ts';

/** @internal What an endpoint needs of its backend. */
export interface FakeMediaHost {
  readonly wire: FakeMediaWire;
  readonly clock: Clock | undefined;
  /** What endpoints may speak. */
  readonly codecs: readonly string[];
  pass(operation: FakeMediaOperation): Promise<void>;
  remove(endpoint: FakeMediaEndpoint): void;
}

/** @internal */
export interface FakeEndpointSetup {
  readonly id: number;
  readonly label: string;
  readonly codecs: readonly string[];
  readonly local: { readonly address: string; readonly port: number };
  readonly digits?: readonly HeardDigit['source'][];
  readonly srtp: SrtpPolicy;
  onEvent(event: MediaEndpointEvent): void;
}

/** @internal The conference that an endpoint is in. */
export interface FakeMix {
  hear(frame: PcmFrame): void;
  /** The endpoint was closed. */
  left(): void;
}

type HeardDigit = Omit<Extract<MediaEndpointEvent, { type: 'digit' }>, 'type'>;

interface Agreement {
  readonly codecs: readonly string[];
  /** As seen from here. */
  readonly direction: MediaDirection;
  readonly remote: { readonly address: string; readonly port: number };
  readonly isEncrypted: boolean;
}

/** An offer that this end of a relay took and that the other end has to pass on. */
interface WaitingOffer {
  readonly offer: FakeDescription;
  readonly allowed: MediaDirection;
  answered(byFarSide: FakeDescription): void;
  refused(error: StrowgerError): void;
}

/** One endpoint of the fake backend. Tests make it speak through `tell`. */
export class FakeMediaEndpoint implements MediaEndpoint {
  readonly label: string;
  readonly local: { readonly address: string; readonly port: number };
  private readonly host: FakeMediaHost;
  private readonly setup: FakeEndpointSetup;
  private readonly audio: FakeAudio;
  private readonly traffic: FakeTraffic;
  private version = 0;
  private agreement: Agreement | undefined;
  /** Our newest offer, and whether somebody still owes the answer to it. */
  private offer:
    | { description: FakeDescription; open: boolean; spoken: readonly string[] }
    | undefined;
  private codecs: readonly string[];
  private waiting: WaitingOffer | undefined;
  /** Whether an end of a relay has a peer that takes telephone events: those who send digits then do. */
  takesEvents = false;
  /** Whether silence is sent in the place of frames, as `mute` was told. */
  isMuted = false;
  /** What came by `addCandidates`, in its order. */
  readonly candidates: string[] = [];
  private other: FakeMediaEndpoint | undefined;
  private mix: FakeMix | undefined;
  private heard = false;
  private echoing = false;
  private final: Promise<MediaStats> | undefined;

  constructor(host: FakeMediaHost, setup: FakeEndpointSetup) {
    this.host = host;
    this.setup = setup;
    this.label = setup.label;
    this.local = setup.local;
    this.codecs = setup.codecs;
    this.traffic = new FakeTraffic(host.clock);
    this.audio = new FakeAudio((frame) => this.say(frame), host.clock);
    host.wire.set(key(this.local), this);
  }

  /** The direction that is agreed now, as seen from here; `inactive` before the first agreement. */
  get direction(): MediaDirection {
    return this.agreement?.direction ?? 'inactive';
  }

  async createOffer(intent: MediaIntent = {}): Promise<Sdp> {
    await this.pass('createOffer');
    if (this.offer?.open === true) throw wrongState('an offer is open');
    const inherited = this.other?.waiting?.offer;
    const spoken = this.spokenAs(intent.codecs);
    const codecs = spoken.filter((codec) => inherited?.codecs.includes(codec) ?? true);
    if (codecs.length === 0) throw notAcceptable('the ends of the relay have no codec in common');
    const direction = narrow(intent.direction ?? 'sendrecv', inherited?.direction ?? 'sendrecv');
    const keys = OFFERED_KEYS[this.setup.srtp];
    this.offer = { description: this.describe(codecs, direction, keys), open: true, spoken };
    return writeFakeSdp(this.offer.description);
  }

  async acceptOffer(offer: Sdp, intent: MediaIntent = {}): Promise<Sdp> {
    await this.pass('acceptOffer');
    if (this.offer?.open === true || this.waiting) throw wrongState('an offer is open');
    const description = readFakeSdp(offer);
    if (description === undefined) throw notAcceptable('no session description');
    const codecs = description.codecs.filter((codec) => this.codecs.includes(codec));
    if (codecs.length === 0) throw notAcceptable('no codec in common');
    this.checkKeys(description);
    const allowed = narrow(mirror(description.direction), intent.direction ?? 'sendrecv');
    if (this.other === undefined) return this.answer(description, codecs, allowed);
    return this.waitForOtherEnd(description, allowed);
  }

  async acceptAnswer(answer: Sdp): Promise<void> {
    await this.pass('acceptAnswer');
    if (this.offer === undefined) throw wrongState('there is no offer to answer');
    const { description, spoken } = this.offer;
    const theirs = readFakeSdp(answer);
    const codecs = theirs?.codecs.filter((codec) => description.codecs.includes(codec)) ?? [];
    if (theirs === undefined || codecs.length === 0)
      throw notAcceptable('nothing that was offered');
    if (description.keys === 'insisted' && theirs.keys === undefined) throw notEncrypted();
    this.offer = { description, open: false, spoken };
    this.codecs = spoken;
    this.agree(codecs, narrow(description.direction, mirror(theirs.direction)), theirs);
    this.other?.waiting?.answered(theirs);
  }

  async rollback(): Promise<void> {
    await this.pass('rollback');
    if (this.offer?.open !== true) return;
    this.offer = undefined;
    this.other?.waiting?.refused(notAcceptable('the other end of the relay was refused'));
  }

  async stats(): Promise<MediaStats> {
    return this.final ?? this.measure();
  }

  close(): Promise<MediaStats> {
    this.final ??= this.shut();
    return this.final;
  }

  play(source: AudioSource, options: PlayOptions = {}): Playback {
    if (source.type !== 'tone') throw unsupported('playing anything but tones');
    return this.audio.tone(options.queue === true);
  }

  async mark(name: string): Promise<MarkOutcome> {
    return this.audio.mark(name);
  }

  async clear(): Promise<Cleared> {
    return this.audio.clear();
  }

  record(_path: string): Promise<Recording> {
    return Promise.reject(unsupported('recording'));
  }

  async sendDigits(digits: string, options: DigitOptions = {}): Promise<void> {
    if (this.final !== undefined) throw closed();
    if (this.other !== undefined && !this.takesEvents) {
      throw new StrowgerError('MEDIA_NO_TELEPHONE_EVENT', 'The other side takes no events');
    }
    for (const digit of digits) {
      const { durationMs = 100, via } = options;
      const source = via === 'inband' ? 'inband' : 'rtp';
      this.send((peer) => peer.hearDigit({ digit, durationMs, source }));
    }
  }

  /** Keeps what comes, in `candidates`. */
  async addCandidates(fragment: string): Promise<void> {
    if (!fragment.startsWith('a=')) {
      throw new StrowgerError('MEDIA_NOT_ACCEPTABLE', 'not a fragment of candidates');
    }
    this.candidates.push(fragment);
  }

  echo(enabled: boolean): void {
    this.echoing = enabled;
  }

  async mute(muted: boolean): Promise<void> {
    await this.pass('mute');
    this.isMuted = muted;
  }

  detectAnsweringMachine(): Promise<AnswererOutcome> {
    return Promise.reject(unsupported('telling who answers'));
  }

  audioIn(): ReadableStream<PcmFrame> {
    return this.audio.readable();
  }

  audioOut(): WritableStream<PcmFrame> {
    return this.audio.writable();
  }

  /** Makes the endpoint tell its owner something, such as a failure or a digit. */
  tell(event: MediaEndpointEvent): void {
    if (this.final === undefined) this.setup.onEvent(event);
  }

  /** @internal */
  joinRelay(other: FakeMediaEndpoint): void {
    this.other = other;
    other.other = this;
  }

  /** @internal A digit came over the wire. */
  hearDigit(heard: HeardDigit): void {
    const { digits = ['rtp'] } = this.setup;
    if (digits.includes(heard.source)) this.tell({ type: 'digit', ...heard });
    this.other?.send((peer) => peer.hearDigit(heard));
  }

  /** @internal A frame came over the wire. */
  hearFrame(frame: PcmFrame): void {
    this.audio.heard(frame);
    this.mix?.hear(frame);
    if (this.echoing) this.say(frame);
    this.other?.say(frame);
  }

  /** @internal Where the frames go that it hears; `undefined`: it is in no conference. */
  joinMix(mix: FakeMix | undefined): void {
    this.mix = mix;
  }

  /** @internal Says a frame, silence in its place while muted. */
  say(frame: PcmFrame): void {
    const silence = new Int16Array(frame.samples.length);
    const said = this.isMuted ? { ...frame, samples: silence } : frame;
    this.send((peer) => peer.hearFrame(said));
  }

  private async pass(operation: FakeMediaOperation): Promise<void> {
    if (this.final !== undefined) throw closed();
    await this.host.pass(operation);
    if (this.final !== undefined) throw closed();
  }

  private answer(
    offer: FakeDescription,
    codecs: readonly string[],
    direction: MediaDirection,
  ): Sdp {
    this.offer = undefined;
    const keys = this.setup.srtp === 'off' ? undefined : offer.keys;
    const answer = writeFakeSdp(this.describe(codecs, direction, keys));
    this.agree(codecs, direction, offer);
    return answer;
  }

  /** What an offer names where its owner asks for `names`. */
  private spokenAs(names: readonly string[] | undefined): readonly string[] {
    if (names === undefined) return this.codecs;
    if (this.other !== undefined) throw unsupported('codecs of its own at the end of a relay');
    const unknown = names.find((name) => !this.host.codecs.includes(name));
    if (unknown === undefined && names.length > 0) return names;
    throw new StrowgerError('MEDIA_UNKNOWN_CODEC', `${unknown ?? 'no codec'} is not known`);
  }

  private waitForOtherEnd(offer: FakeDescription, allowed: MediaDirection): Promise<Sdp> {
    if (this.other?.final !== undefined) return Promise.reject(otherEndGone());
    return new Promise((resolve, reject) => {
      const refused = (error: StrowgerError): void => {
        this.waiting = undefined;
        reject(error);
      };
      const answered = (byFarSide: FakeDescription): void => {
        const codecs = offer.codecs.filter((codec) => byFarSide.codecs.includes(codec));
        if (codecs.length === 0) return refused(notAcceptable('no codec in common'));
        this.waiting = undefined;
        resolve(this.answer(offer, codecs, narrow(allowed, byFarSide.direction)));
      };
      this.waiting = { offer, allowed, answered, refused };
    });
  }

  private describe(
    codecs: readonly string[],
    direction: MediaDirection,
    keys: FakeDescription['keys'],
  ): FakeDescription {
    this.version++;
    const said = { ...this.local, codecs, direction, ...(keys && { keys }) };
    return { id: this.setup.id, version: this.version, ...said };
  }

  /** Whether our policy lets this offer be answered. */
  private checkKeys({ keys }: FakeDescription): void {
    const { srtp } = this.setup;
    if (srtp === 'required' && keys === undefined) throw notEncrypted();
    if (srtp === 'off' && keys === 'insisted') throw notAcceptable('encryption is switched off');
  }

  private agree(
    codecs: readonly string[],
    direction: MediaDirection,
    { address, port, keys }: FakeDescription,
  ): void {
    const before = this.peer;
    const isEncrypted = this.setup.srtp !== 'off' && keys !== undefined;
    const wasEncrypted = this.agreement?.isEncrypted === true;
    this.agreement = { codecs, direction, remote: { address, port }, isEncrypted };
    if (isEncrypted && !wasEncrypted) {
      this.tell({ type: 'secured', keying: 'sdes', suite: FAKE_SUITE });
    }
    before?.refresh();
    this.refresh();
    this.peer?.refresh();
  }

  private get peer(): FakeMediaEndpoint | undefined {
    const remote = this.agreement?.remote;
    return remote && this.host.wire.get(key(remote));
  }

  /** Whether packets leave here, and whether anybody's come in. */
  private refresh(): void {
    const { peer } = this;
    const alive = this.final === undefined;
    const hearing = alive && peer !== undefined && peer.sendsTo(this) && hears(this.direction);
    this.traffic.change(alive && sends(this.direction), hearing);
    if (!hearing || this.heard) return;
    this.heard = true;
    this.tell({ type: 'started', remote: peer.local });
  }

  private sendsTo(peer: FakeMediaEndpoint): boolean {
    return this.final === undefined && sends(this.direction) && this.peer === peer;
  }

  private send(deliver: (peer: FakeMediaEndpoint) => void): void {
    const { peer } = this;
    if (peer?.final === undefined && peer && this.sendsTo(peer) && hears(peer.direction)) {
      deliver(peer);
    }
  }

  private async shut(): Promise<MediaStats> {
    const { peer } = this;
    const last = this.measure();
    this.mix?.left();
    this.host.remove(this);
    this.host.wire.delete(key(this.local));
    this.audio.close();
    this.waiting?.refused(closed());
    this.other?.waiting?.refused(otherEndGone());
    queueMicrotask(() => peer?.refresh());
    return last;
  }

  private measure(): MediaStats {
    const codec = this.agreement?.codecs[0];
    const remote = this.agreement?.remote;
    return {
      ...(codec === undefined ? {} : { codec }),
      direction: this.direction,
      local: this.local,
      ...(remote === undefined ? {} : { remote }),
      ...this.traffic.counters(),
      packetsLost: 0,
      packetsDiscarded: 0,
      jitterMs: 0,
      ...(this.agreement && { security: this.agreement.isEncrypted ? ENCRYPTED : PLAIN }),
    };
  }
}

/** What an offer says of keys. */
const OFFERED_KEYS = {
  off: undefined,
  optional: undefined,
  'best-effort': 'offered',
  required: 'insisted',
} as const;
const PLAIN: MediaSecurity = { kind: 'plain' };
const ENCRYPTED: MediaSecurity = { kind: 'sdes', suite: FAKE_SUITE };

const key = ({ address, port }: { address: string; port: number }): string => `${address} ${port}`;
const closed = (): StrowgerError => new StrowgerError('MEDIA_CLOSED', 'the endpoint is closed');
const wrongState = (why: string): StrowgerError => new StrowgerError('MEDIA_WRONG_STATE', why);
const notAcceptable = (why: string): StrowgerError =>
  new StrowgerError('MEDIA_NOT_ACCEPTABLE', why);
const notEncrypted = (): StrowgerError =>
  new StrowgerError('MEDIA_NOT_ENCRYPTED', 'the other side does not encrypt');
const otherEndGone = (): StrowgerError => notAcceptable('the other end of the relay is gone');
const unsupported = (what: string): StrowgerError =>
  new StrowgerError('MEDIA_UNSUPPORTED', `the fake backend lacks ${what}`);
