import { document, element, textElement } from './xml-write.ts';
import { BodyFault, expectRoot, numberOf, type ReadBody, readXml, textOf } from './xml-read.ts';

const NAMESPACE = 'urn:ietf:params:xml:ns:im-iscomposing';

/** The media type of a status message about typing (RFC 3994 §4). */
export const IS_COMPOSING_TYPE = 'application/im-iscomposing+xml';

/** Whether somebody is typing (RFC 3994), sent in a MESSAGE. */
export interface IsComposing {
  readonly state: 'active' | 'idle';
  readonly lastActive?: string | undefined;
  readonly contentType?: string | undefined;
  /** How long `active` holds without another one; 120 where absent (RFC 3994 §3.3). */
  readonly refreshSeconds?: number | undefined;
}

/** Reads an iscomposing body; a state nobody knows is `idle` (RFC 3994 §3.3). Never throws. */
export function parseIsComposing(body: string | Uint8Array): ReadBody<IsComposing> {
  return readXml(body, (root) => {
    expectRoot(root, 'isComposing', NAMESPACE);
    const state = textOf(root, 'state');
    if (state === undefined) throw new BodyFault('there is no state');
    return {
      state: state === 'active' ? 'active' : 'idle',
      lastActive: textOf(root, 'lastactive'),
      contentType: textOf(root, 'contenttype'),
      refreshSeconds: numberOf(textOf(root, 'refresh')),
    };
  });
}

/** Writes an iscomposing body. */
export function formatIsComposing(composing: IsComposing): string {
  const { state, lastActive, contentType, refreshSeconds } = composing;
  return document(
    element('isComposing', { xmlns: NAMESPACE }, [
      textElement('state', state),
      textElement('lastactive', lastActive),
      textElement('contenttype', contentType),
      textElement('refresh', refreshSeconds),
    ]),
  );
}
