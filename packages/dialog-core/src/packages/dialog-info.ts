import { document, element, escaped, textElement } from './xml-write.ts';
import {
  BodyFault,
  child,
  childrenOf,
  expectRoot,
  needed,
  numberOf,
  oneOf,
  type ReadBody,
  readXml,
  textOf,
  type XmlElement,
} from './xml-read.ts';

const NAMESPACE = 'urn:ietf:params:xml:ns:dialog-info';

/** The media type of the `dialog` package (RFC 4235 §3.5). */
export const DIALOG_INFO_TYPE = 'application/dialog-info+xml';

const STATES = ['trying', 'proceeding', 'early', 'confirmed', 'terminated'] as const;
const EVENTS = [
  'cancelled',
  'rejected',
  'replaced',
  'local-bye',
  'remote-bye',
  'error',
  'timeout',
] as const;

/** One side of a dialog (RFC 4235 §4.1.6). */
export interface DialogInfoParty {
  readonly identity?: string | undefined;
  readonly displayName?: string | undefined;
  /** The URI of its Contact. */
  readonly target?: string | undefined;
}

/** One dialog (RFC 4235 §4.1.2). */
export interface DialogInfoEntry {
  readonly id: string;
  readonly callId?: string | undefined;
  readonly localTag?: string | undefined;
  readonly remoteTag?: string | undefined;
  readonly direction?: 'initiator' | 'recipient' | undefined;
  readonly state: (typeof STATES)[number];
  /** Why it is in this state. */
  readonly event?: (typeof EVENTS)[number] | undefined;
  /** The status that led to it. */
  readonly code?: number | undefined;
  readonly durationSeconds?: number | undefined;
  readonly local?: DialogInfoParty | undefined;
  readonly remote?: DialogInfoParty | undefined;
}

/** The body of the `dialog` package (RFC 4235). */
export interface DialogInfo {
  /** Rises by one with each NOTIFY of a subscription. */
  readonly version: number;
  /** Whether it tells all dialogs or those that changed. */
  readonly state: 'full' | 'partial';
  readonly entity: string;
  readonly dialogs: readonly DialogInfoEntry[];
}

/** Reads a dialog-info body; never throws. */
export function parseDialogInfo(body: string | Uint8Array): ReadBody<DialogInfo> {
  return readXml(body, (root) => {
    expectRoot(root, 'dialog-info', NAMESPACE);
    return {
      version: numberOf(needed(root, 'version')) ?? 0,
      state: needed(root, 'state') === 'partial' ? 'partial' : 'full',
      entity: needed(root, 'entity'),
      dialogs: childrenOf(root, 'dialog').map(readDialog),
    };
  });
}

function readDialog(dialog: XmlElement): DialogInfoEntry {
  const state = child(dialog, 'state');
  const name = oneOf(STATES, state?.text.toLowerCase());
  if (state === undefined || name === undefined) throw new BodyFault('a dialog has no state');
  const { attributes } = dialog;
  return {
    id: needed(dialog, 'id'),
    callId: attributes.get('call-id'),
    localTag: attributes.get('local-tag'),
    remoteTag: attributes.get('remote-tag'),
    direction: oneOf(['initiator', 'recipient'], attributes.get('direction')),
    state: name,
    event: oneOf(EVENTS, state.attributes.get('event')),
    code: numberOf(state.attributes.get('code')),
    durationSeconds: numberOf(textOf(dialog, 'duration')),
    local: readParty(child(dialog, 'local')),
    remote: readParty(child(dialog, 'remote')),
  };
}

function readParty(party: XmlElement | undefined): DialogInfoParty | undefined {
  if (party === undefined) return undefined;
  const identity = child(party, 'identity');
  return {
    identity: identity?.text,
    displayName: identity?.attributes.get('display'),
    target: child(party, 'target')?.attributes.get('uri'),
  };
}

/** Writes a dialog-info body. */
export function formatDialogInfo({ version, state, entity, dialogs }: DialogInfo): string {
  const head = { xmlns: NAMESPACE, version, state, entity };
  return document(element('dialog-info', head, dialogs.map(writeDialog)));
}

function writeDialog(dialog: DialogInfoEntry): string {
  const { id, callId, localTag, remoteTag, direction, state, event, code } = dialog;
  const head = {
    id,
    'call-id': callId,
    'local-tag': localTag,
    'remote-tag': remoteTag,
    direction,
  };
  return element('dialog', head, [
    element('state', { event, code }, [state]),
    textElement('duration', dialog.durationSeconds),
    writeParty('local', dialog.local),
    writeParty('remote', dialog.remote),
  ]);
}

function writeParty(name: string, party: DialogInfoParty | undefined): string | undefined {
  if (party === undefined) return undefined;
  const { identity, displayName, target } = party;
  return element(name, {}, [
    identity === undefined
      ? undefined
      : element('identity', { display: displayName }, [escaped(identity)]),
    target === undefined ? undefined : element('target', { uri: target }),
  ]);
}

/**
 * The full state after a further NOTIFY (RFC 4235 §4.3): `refresh` where versions are missing and the
 * whole state has to be asked for, `old` where it was overtaken. Terminated dialogs leave with the
 * next one.
 */
export function mergeDialogInfo(
  known: DialogInfo | undefined,
  news: DialogInfo,
): DialogInfo | 'refresh' | 'old' {
  if (known !== undefined && news.version <= known.version) return 'old';
  if (news.state === 'full') return news;
  if (known === undefined || news.version !== known.version + 1) return 'refresh';
  const dialogs = new Map(
    known.dialogs.filter(({ state }) => state !== 'terminated').map((each) => [each.id, each]),
  );
  for (const each of news.dialogs) dialogs.set(each.id, each);
  return { ...news, state: 'full', dialogs: [...dialogs.values()] };
}
