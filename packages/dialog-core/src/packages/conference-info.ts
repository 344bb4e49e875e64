import { document, element, textElement } from './xml-write.ts';
import {
  booleanOf,
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

const NAMESPACE = 'urn:ietf:params:xml:ns:conference-info';

/** The media type of the `conference` package (RFC 4575 §3.5). */
export const CONFERENCE_INFO_TYPE = 'application/conference-info+xml';

const STATUSES = [
  'pending',
  'dialing-out',
  'dialing-in',
  'alerting',
  'on-hold',
  'connected',
  'muted-via-focus',
  'disconnecting',
  'disconnected',
] as const;

/** Whether an element tells all, what changed, or that its subject is gone (RFC 4575 §4.4). */
export type ElementState = 'full' | 'partial' | 'deleted';

/** One stream of an endpoint (RFC 4575 §5.8). */
export interface ConferenceMedia {
  readonly id: string;
  readonly type?: string | undefined;
  readonly label?: string | undefined;
  readonly srcId?: string | undefined;
  readonly status?: 'recvonly' | 'sendonly' | 'sendrecv' | 'inactive' | undefined;
}

/** One connection of a user (RFC 4575 §5.7). */
export interface ConferenceEndpoint {
  readonly entity: string;
  readonly state: ElementState;
  readonly displayText?: string | undefined;
  readonly status?: (typeof STATUSES)[number] | undefined;
  readonly media: readonly ConferenceMedia[];
}

/** One participant (RFC 4575 §5.6). */
export interface ConferenceUser {
  readonly entity: string;
  readonly state: ElementState;
  readonly displayText?: string | undefined;
  readonly roles: readonly string[];
  readonly endpoints: readonly ConferenceEndpoint[];
}

/** The body of the `conference` package (RFC 4575); the parts that phones show. */
export interface ConferenceInfo {
  readonly entity: string;
  readonly version: number;
  readonly state: ElementState;
  readonly displayText?: string | undefined;
  readonly subject?: string | undefined;
  readonly userCount?: number | undefined;
  readonly active?: boolean | undefined;
  readonly locked?: boolean | undefined;
  readonly users: readonly ConferenceUser[];
}

const ELEMENT_STATES = ['full', 'partial', 'deleted'] as const;
const stateOf = (subject: XmlElement): ElementState =>
  oneOf(ELEMENT_STATES, subject.attributes.get('state')) ?? 'full';

/** Reads a conference-info body; never throws. */
export function parseConferenceInfo(body: string | Uint8Array): ReadBody<ConferenceInfo> {
  return readXml(body, (root) => {
    expectRoot(root, 'conference-info', NAMESPACE);
    const description = child(root, 'conference-description');
    const state = child(root, 'conference-state');
    const users = child(root, 'users');
    const text = (parent: XmlElement | undefined, name: string) =>
      parent === undefined ? undefined : textOf(parent, name);
    return {
      entity: needed(root, 'entity'),
      version: numberOf(root.attributes.get('version')) ?? 0,
      state: stateOf(root),
      displayText: text(description, 'display-text'),
      subject: text(description, 'subject'),
      userCount: numberOf(text(state, 'user-count')),
      active: booleanOf(text(state, 'active')),
      locked: booleanOf(text(state, 'locked')),
      users: users === undefined ? [] : childrenOf(users, 'user').map(readUser),
    };
  });
}

function readUser(user: XmlElement): ConferenceUser {
  const roles = child(user, 'roles');
  return {
    entity: needed(user, 'entity'),
    state: stateOf(user),
    displayText: textOf(user, 'display-text'),
    roles: roles === undefined ? [] : childrenOf(roles, 'entry').map(({ text }) => text),
    endpoints: childrenOf(user, 'endpoint').map(readEndpoint),
  };
}

function readEndpoint(endpoint: XmlElement): ConferenceEndpoint {
  return {
    entity: needed(endpoint, 'entity'),
    state: stateOf(endpoint),
    displayText: textOf(endpoint, 'display-text'),
    status: oneOf(STATUSES, textOf(endpoint, 'status')),
    media: childrenOf(endpoint, 'media').map((media) => ({
      id: needed(media, 'id'),
      type: textOf(media, 'type'),
      label: textOf(media, 'label'),
      srcId: textOf(media, 'src-id'),
      status: oneOf(['recvonly', 'sendonly', 'sendrecv', 'inactive'], textOf(media, 'status')),
    })),
  };
}

/** Writes a conference-info body. */
export function formatConferenceInfo(info: ConferenceInfo): string {
  const { entity, version, state, displayText, subject, userCount, active, locked, users } = info;
  const describes = displayText !== undefined || subject !== undefined;
  const counts = [userCount, active, locked].some((each) => each !== undefined);
  return document(
    element('conference-info', { xmlns: NAMESPACE, entity, state, version }, [
      describes
        ? element('conference-description', {}, [
            textElement('display-text', displayText),
            textElement('subject', subject),
          ])
        : undefined,
      counts
        ? element('conference-state', {}, [
            textElement('user-count', userCount),
            textElement('active', active === undefined ? undefined : `${active}`),
            textElement('locked', locked === undefined ? undefined : `${locked}`),
          ])
        : undefined,
      users.length === 0 ? undefined : element('users', {}, users.map(writeUser)),
    ]),
  );
}

function writeUser({ entity, state, displayText, roles, endpoints }: ConferenceUser): string {
  const entries = roles.map((role) => textElement('entry', role));
  return element('user', { entity, state }, [
    textElement('display-text', displayText),
    roles.length === 0 ? undefined : element('roles', {}, entries),
    ...endpoints.map(writeEndpoint),
  ]);
}

function writeEndpoint({ entity, state, displayText, status, media }: ConferenceEndpoint): string {
  return element('endpoint', { entity, state }, [
    textElement('display-text', displayText),
    textElement('status', status),
    ...media.map(({ id, type, label, srcId, status: direction }) =>
      element('media', { id }, [
        textElement('type', type),
        textElement('label', label),
        textElement('src-id', srcId),
        textElement('status', direction),
      ]),
    ),
  ]);
}

/** The full state after a further NOTIFY (RFC 4575 §4.6); as `mergeDialogInfo`. */
export function mergeConferenceInfo(
  known: ConferenceInfo | undefined,
  news: ConferenceInfo,
): ConferenceInfo | 'refresh' | 'old' {
  if (known !== undefined && news.version <= known.version) return 'old';
  if (news.state !== 'partial') return news;
  if (known === undefined || news.version !== known.version + 1) return 'refresh';
  return {
    ...overlaid(known, news),
    state: 'full',
    users: merged(known.users, news.users, mergeUser),
  };
}

function mergeUser(known: ConferenceUser, news: ConferenceUser): ConferenceUser {
  const roles = news.roles.length === 0 ? known.roles : news.roles;
  const endpoints = merged(known.endpoints, news.endpoints, mergeEndpoint);
  return { ...overlaid(known, news), state: 'full', roles, endpoints };
}

function mergeEndpoint(known: ConferenceEndpoint, news: ConferenceEndpoint): ConferenceEndpoint {
  const media = new Map(known.media.map((each) => [each.id, each]));
  for (const each of news.media) media.set(each.id, each);
  return { ...overlaid(known, news), state: 'full', media: [...media.values()] };
}

function merged<T extends { readonly entity: string; readonly state: ElementState }>(
  known: readonly T[],
  news: readonly T[],
  merge: (known: T, news: T) => T,
): T[] {
  const all = new Map(known.map((each) => [each.entity, each]));
  for (const each of news) {
    const before = all.get(each.entity);
    if (each.state === 'deleted') all.delete(each.entity);
    else all.set(each.entity, each.state === 'partial' && before ? merge(before, each) : each);
  }
  return [...all.values()];
}

/** What the news say, and what was known where they say nothing. */
function overlaid<T extends object>(known: T, news: T): T {
  const said = Object.entries(news).filter(([, value]) => value !== undefined);
  // the entries are those of a T: overlaying them gives a T again
  return { ...known, ...Object.fromEntries(said) } as T;
}
