/** What a router knows of a call that it hands to a session. */
export interface CallContext {
  /** The application's call that the session becomes a leg of (`linkSessionToCall`). */
  readonly callId?: string;
  /** Over which trunk it came. */
  readonly trunk?: string;
  /** The number that was dialled, as the trunk has it. */
  readonly did?: string;
  /** For whom it is, where several share a machine. */
  readonly tenant?: string;
  /** Whatever else goes with it. */
  readonly variables?: Readonly<Record<string, string>>;
}
