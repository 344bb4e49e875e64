import {
  type Dialog,
  DialogLayer,
  type IncomingInvite,
  parseRecordingMetadata,
  RECORDING_METADATA_TYPE,
  type RecordingMetadata,
} from '@strowger/dialog-core';
import { readBody, type SipRequest } from '@strowger/sip-message';
import type { SimulatedHost } from './simulation-host.ts';

/** What a `FakeRecorder` was told of one recording session. */
export interface FakeRecording {
  readonly invite: IncomingInvite;
  /** Once it was answered. */
  dialog: Dialog | undefined;
  /** What each INVITE and re-INVITE of it said, in their order. */
  readonly metadata: RecordingMetadata[];
  readonly offers: string[];
  /** How its dialog ended. */
  end: string | undefined;
}

/**
 * A recording server (RFC 7866: SRS) on a simulated host, which takes every stream. It refuses with
 * 400 what is no recording session: without `siprec`, `+sip.src`, a description or metadata.
 */
export class FakeRecorder {
  readonly layer: DialogLayer;
  readonly recordings: FakeRecording[] = [];
  /** What it does with a session; by default it answers at once. */
  onInvite: (recording: FakeRecording) => void = (recording) => this.answer(recording);
  private readonly host: SimulatedHost;

  constructor(host: SimulatedHost) {
    this.host = host;
    this.layer = new DialogLayer({
      runtime: host.runtime,
      sender: host,
      contactUser: 'srs',
      supported: ['siprec'],
      user: { onInvite: (invite) => this.take(invite), onRequest: () => {} },
    });
    host.receive = (inbound) => this.layer.receive(inbound);
  }

  /** Accepts a session, if it still waits. */
  answer(recording: FakeRecording): void {
    const { invite, offers } = recording;
    if (!invite.pending) return;
    const dialog = invite.accept({ body: this.answerTo(offers[0] ?? '') });
    recording.dialog = dialog;
    dialog.user = {
      onReinvite: (reinvite) => {
        if (!hear(recording, reinvite.request)) return reinvite.reject(400);
        reinvite.accept({ body: this.answerTo(recording.offers.at(-1) ?? '') });
      },
      onEnded: ({ kind }) => (recording.end = kind),
    };
  }

  /** Has lost what it knew of a recording, and asks for all of it (RFC 7866). */
  askForMetadata({ dialog }: FakeRecording): void {
    const body = { type: 'application/rs-metadata-request', content: 'restarted' };
    dialog?.update({ body }, { onAccepted() {}, onRejected() {}, onFailed() {} });
  }

  close(): void {
    this.layer.close();
  }

  private take(invite: IncomingInvite): void {
    const { headers } = invite.request;
    const isRequired = headers.get('require')?.includes('siprec') === true;
    const isClient = headers.raw('Contact')[0]?.endsWith(';+sip.src') === true;
    const recording: FakeRecording = {
      invite,
      dialog: undefined,
      metadata: [],
      offers: [],
      end: undefined,
    };
    const isTold = hear(recording, invite.request);
    if (!isRequired || !isClient || !isTold) return invite.reject(400);
    invite.user = { onCancel: () => (recording.end = 'cancelled') };
    this.recordings.push(recording);
    this.onInvite(recording);
  }

  /** Each line mirrored, at ports of ours. */
  private answerTo(offer: string): { type: string; content: string } {
    const { address } = this.host;
    const content = offer
      .replaceAll(/^(o=\S+ \S+ \S+ \S+ \S+|c=\S+ \S+) \S+/gmu, `$1 ${address}`)
      .replaceAll('a=sendonly', 'a=recvonly');
    return { type: 'application/sdp', content };
  }
}

/** Whether it has both parts of a recording session (RFC 7866 §9.1), which are kept. */
function hear({ offers, metadata }: FakeRecording, request: SipRequest): boolean {
  const body = readBody(request);
  if (!body.ok || body.value === undefined) return false;
  const decoder = new TextDecoder();
  const partOf = (type: string): string | undefined => {
    const part = body.value?.parts.find(({ contentType }) => {
      return `${contentType.type}/${contentType.subtype}` === type;
    });
    return part && decoder.decode(part.body);
  };
  const offer = partOf('application/sdp');
  const read = parseRecordingMetadata(partOf(RECORDING_METADATA_TYPE) ?? '');
  if (offer === undefined || !read.ok) return false;
  offers.push(offer);
  metadata.push(read.value);
  return true;
}
