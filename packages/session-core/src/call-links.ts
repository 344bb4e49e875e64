/** @internal Which sessions belong to which call of the application. */
export class CallLinks<S> {
  private readonly calls = new Map<string, Set<S>>();
  private readonly callsOf = new Map<S, string>();

  link(session: S, callId: string): void {
    this.unlink(session);
    const sessions = this.calls.get(callId) ?? new Set<S>();
    this.calls.set(callId, sessions.add(session));
    this.callsOf.set(session, callId);
  }

  unlink(session: S): void {
    const callId = this.callsOf.get(session);
    if (callId === undefined) return;
    this.callsOf.delete(session);
    const sessions = this.calls.get(callId);
    sessions?.delete(session);
    if (sessions?.size === 0) this.calls.delete(callId);
  }

  callOf(session: S): string | undefined {
    return this.callsOf.get(session);
  }

  of(callId: string): S[] {
    return [...(this.calls.get(callId) ?? [])];
  }
}
