import { document, element, escaped, textElement } from './xml-write.ts';
import {
  child,
  childrenOf,
  expectRoot,
  needed,
  oneOf,
  type ReadBody,
  readXml,
  textOf,
  type XmlElement,
} from './xml-read.ts';

const NAMESPACE = 'urn:ietf:params:xml:ns:recording:1';

/** The media type of the metadata of a recording session (RFC 7866 §9). */
export const RECORDING_METADATA_TYPE = 'application/rs-metadata+xml';

/** From when until when something belongs to something: wall time in milliseconds since 1970. */
export interface Association {
  readonly since?: number | undefined;
  /** Absent as long as it does. */
  readonly until?: number | undefined;
}

/** Somebody who is recorded (RFC 7865 §6.5), in the one communication session. */
export interface RecordedParticipant extends Association {
  readonly id: string;
  /** The address of record: a SIP or tel URI. */
  readonly aor: string;
  readonly name?: string | undefined;
  /** Ids of the streams that this one says, and hears (RFC 7865 §6.8). */
  readonly sends: readonly string[];
  readonly receives: readonly string[];
}

/** One media stream of the session (RFC 7865 §6.7). */
export interface RecordedMediaStream {
  readonly id: string;
  /** `a=label` of its line in the description of the recording session (RFC 4574). */
  readonly label: string;
}

/** The metadata of a recording session with one communication session in it (RFC 7865). */
export interface RecordingMetadata {
  /** `partial`: what is absent is as it was. */
  readonly mode: 'complete' | 'partial';
  readonly session: Association & {
    readonly id: string;
    /** Session-IDs of its dialogs (RFC 7989), as in `sipSessionID`. */
    readonly sipSessionIds: readonly string[];
  };
  readonly participants: readonly RecordedParticipant[];
  readonly streams: readonly RecordedMediaStream[];
}

const MODES = ['complete', 'partial'] as const;

/** Writes metadata; ids are 128 random bits in base64 (RFC 7865 §6.10). */
export function formatRecordingMetadata(metadata: RecordingMetadata): string {
  const { mode, session, participants, streams } = metadata;
  const of = { session_id: session.id };
  const times = (one: Association) => [
    textElement('associate-time', dateTime(one.since)),
    textElement('disassociate-time', dateTime(one.until)),
  ];
  return document(
    element('recording', { xmlns: NAMESPACE }, [
      textElement('datamode', mode),
      element('session', of, [
        ...session.sipSessionIds.map((id) => textElement('sipSessionID', id)),
        textElement('start-time', dateTime(session.since)),
        textElement('stop-time', dateTime(session.until)),
      ]),
      ...participants.map(({ id, aor, name }) =>
        element('participant', { participant_id: id }, [
          element('nameID', { aor }, [
            name === undefined ? undefined : element('name', {}, [escaped(name)]),
          ]),
        ]),
      ),
      ...streams.map(({ id, label }) =>
        element('stream', { stream_id: id, ...of }, [textElement('label', label)]),
      ),
      element('sessionrecordingassoc', of, times(session)),
      ...participants.map((one) =>
        element('participantsessionassoc', { participant_id: one.id, ...of }, times(one)),
      ),
      ...participants.map(({ id, sends, receives }) =>
        element('participantstreamassoc', { participant_id: id }, [
          ...sends.map((stream) => textElement('send', stream)),
          ...receives.map((stream) => textElement('recv', stream)),
        ]),
      ),
    ]),
  );
}

/** Reads metadata of one communication session; never throws. */
export function parseRecordingMetadata(body: string | Uint8Array): ReadBody<RecordingMetadata> {
  return readXml(body, (root) => {
    expectRoot(root, 'recording', NAMESPACE);
    const session = child(root, 'session');
    const id = session === undefined ? '' : needed(session, 'session_id');
    return {
      mode: oneOf(MODES, textOf(root, 'datamode')) ?? 'complete',
      session: {
        id,
        sipSessionIds: session ? childrenOf(session, 'sipSessionID').map(({ text }) => text) : [],
        ...timesOf(child(root, 'sessionrecordingassoc')),
      },
      participants: childrenOf(root, 'participant').map((one) => readParticipant(root, one)),
      streams: childrenOf(root, 'stream').map((one) => ({
        id: needed(one, 'stream_id'),
        label: textOf(one, 'label') ?? '',
      })),
    };
  });
}

function readParticipant(root: XmlElement, participant: XmlElement): RecordedParticipant {
  const id = needed(participant, 'participant_id');
  const nameId = child(participant, 'nameID');
  const associated = (name: string): XmlElement | undefined =>
    childrenOf(root, name).find(({ attributes }) => attributes.get('participant_id') === id);
  const streams = associated('participantstreamassoc');
  const named = (name: string) =>
    streams === undefined ? [] : childrenOf(streams, name).map(({ text }) => text);
  const name = nameId && textOf(nameId, 'name');
  return {
    id,
    aor: nameId?.attributes.get('aor') ?? '',
    ...(name === undefined ? {} : { name }),
    ...timesOf(associated('participantsessionassoc')),
    sends: named('send'),
    receives: named('recv'),
  };
}

function timesOf(association: XmlElement | undefined): Association {
  if (association === undefined) return {};
  const since = milliseconds(textOf(association, 'associate-time'));
  const until = milliseconds(textOf(association, 'disassociate-time'));
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
}

/** `xs:dateTime` in UTC, with the milliseconds where there are some. */
function dateTime(wallMs: number | undefined): string | undefined {
  return wallMs === undefined ? undefined : new Date(wallMs).toISOString();
}

function milliseconds(text: string | undefined): number | undefined {
  const parsed = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed;
}
