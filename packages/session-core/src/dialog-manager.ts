import type { Dialog, DialogId } from '@strowger/dialog-core';
import type { Session } from './session.ts';
import type { SessionRegistry } from './session-registry.ts';

/**
 * The dialogs of a manager's sessions, early ones too: which there are, and whose they are. What a
 * dialog is and does is dialog-core's.
 */
export class DialogManager {
  private readonly registry: SessionRegistry;

  /** @internal See `SessionManager.dialogManager`. */
  constructor(registry: SessionRegistry) {
    this.registry = registry;
  }

  /** Those of all live sessions, oldest session first. */
  all(): Dialog[] {
    return this.registry.all().flatMap(dialogsOf);
  }

  /** The one of this id, in constant time; undefined when it is over, or not of a session. */
  find(id: DialogId): Dialog | undefined {
    const session = this.sessionOf(id);
    return session && dialogsOf(session).find((dialog) => isSame(dialog.id, id));
  }

  /** Whose it is. */
  sessionOf({ callId, localTag, remoteTag }: DialogId): Session | undefined {
    return this.registry.byTags(callId, localTag, remoteTag);
  }

  /** How many there are. */
  get size(): number {
    return this.registry.dialogs;
  }
}

function dialogsOf({ dialog, earlyDialogs }: Session): Dialog[] {
  return dialog === undefined ? [...earlyDialogs] : [dialog, ...earlyDialogs];
}

function isSame(one: DialogId, other: DialogId): boolean {
  return (
    one.callId === other.callId &&
    one.localTag === other.localTag &&
    one.remoteTag === other.remoteTag
  );
}
