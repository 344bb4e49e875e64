import type { DialogLayer } from '@strowger/dialog-core';
import { StrowgerError } from '@strowger/runtime';
import { NameAddr } from '@strowger/sip-message';
import { type CallOptions, type MediaWishes, wishesOf } from './call-options.ts';
import type { SessionSetup } from './session-context.ts';
import type { SessionSnapshot } from './session-snapshot.ts';

/** What the snapshot of a session cannot hold. */
export interface RestoreSessionOptions extends MediaWishes {
  /** For the requests in its dialog; by default those of the layer. */
  readonly credentials?: CallOptions['credentials'];
}

/** @internal A session that begins in the midst of its call. */
export function setupOfRestored(
  snapshot: SessionSnapshot,
  options: RestoreSessionOptions,
  dialogs: DialogLayer,
): SessionSetup {
  const { id, direction, agreed, wanted, secured, dialog } = snapshot;
  return {
    id,
    callId: dialog.callId,
    direction,
    local: party(dialog.local, 'local'),
    remote: party(dialog.remote, 'remote'),
    restored: snapshot,
    initial: { name: 'established', direction: agreed, wanted, queue: [] },
    prepare: (signalling, link) => {
      link.wishes = { ...link.wishes, ...wishesOf(options) };
      link.restore(secured);
      signalling.goOn(dialogs, dialog, options.credentials);
    },
  };
}

/** As its INVITE named it: the tag is the dialog's. */
function party(text: string, name: string): NameAddr {
  const parsed = NameAddr.parse(text);
  if (!parsed.ok) throw corrupt(name);
  return parsed.value.withTag(undefined);
}

function corrupt(name: string): StrowgerError {
  return new StrowgerError('SNAPSHOT_CORRUPT', `snapshot.dialog.${name} is no address`);
}
