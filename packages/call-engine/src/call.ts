import { Machine, type Runtime, StrowgerError, type Timer } from '@strowger/runtime';
import type { MediaBackend, Session } from '@strowger/session-core';
import { CallMedia } from './call-media.ts';
import type { CallRecord } from './call-record.ts';
import {
  type CallEnding,
  type CallInput,
  type CallOutput,
  type CallState,
  callTable,
} from './call-table.ts';
import { type CallParties, CallTimeline } from './call-timeline.ts';
import type { CallerLeg } from './caller-leg.ts';
import type { CdrWriter } from './cdr-writer.ts';
import type { ContactLeg, ContactLegs } from './contact-leg.ts';
import type { Binding } from './location-store.ts';
import { recordLegs } from './record-legs.ts';
import type { Destination } from './router.ts';
import type { Service } from './service.ts';

/** What a call needs of the engine. */
export interface CallContext {
  readonly runtime: Runtime;
  readonly media: MediaBackend;
  readonly cdrs: CdrWriter;
  readonly ringTimeoutMs: number;
  readonly maxCallMs: number;
  onAnswered(call: Call): void;
}

/** What a call is made of. */
export interface CallInit {
  readonly id: string;
  readonly parties: CallParties;
  readonly caller: CallerLeg;
  /** Makes the sessions with the callee's contacts. */
  readonly contacts: ContactLegs;
}

/**
 * A call: the caller's session and those with the callee's contacts, or with a service. The call
 * table decides; this carries it out.
 */
export class Call {
  readonly id: string;
  readonly parties: CallParties;
  /** Resolves with the record, once that is written. Never rejects. */
  readonly ended: Promise<CallRecord>;
  private readonly context: CallContext;
  private readonly caller: CallerLeg;
  private readonly contacts: ContactLegs;
  private readonly timeline: CallTimeline;
  private readonly machine: Machine<CallState, CallInput, CallOutput>;
  private readonly over = new AbortController();
  private legs: readonly ContactLeg[] = [];
  private destination: Destination | undefined;
  private media: CallMedia | undefined;
  private timer: Timer | undefined;
  private resolveEnded: (record: CallRecord) => void = () => {};

  /** @internal Calls are made by the engine. */
  constructor(context: CallContext, { id, parties, caller, contacts }: CallInit) {
    this.id = id;
    this.parties = parties;
    this.context = context;
    this.caller = caller;
    this.contacts = contacts;
    this.timeline = new CallTimeline(context.runtime.clock);
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.machine = new Machine({
      table: callTable,
      initial: { name: 'routing' },
      context: undefined,
      perform: (output) => this.perform(output),
    });
  }

  /** Where the call stands. */
  get state(): CallState['name'] {
    return this.machine.state.name;
  }

  /** The sessions that the call groups, the caller's first. */
  get sessions(): readonly Session[] {
    return [this.caller.session, ...this.legs.map(({ session }) => session)];
  }

  /** Ends the call, whatever it is at. @param reason a word for the record. */
  hangUp(reason = 'hungUp'): void {
    this.input({ type: 'stop', reason });
  }

  /** @internal Sends the call on its way. */
  async start(route: () => Promise<Destination>): Promise<void> {
    this.caller.onEnded((ending) => this.input({ type: 'callerEnded', ending }));
    try {
      this.destination = await route();
    } catch (error) {
      this.report(error, 'a call could not be routed');
      return this.input({ type: 'broken', reason: 'routing' });
    }
    const { destination } = this;
    if (destination.kind === 'refused') {
      this.input({ type: 'refused', status: destination.status });
    } else if (destination.kind === 'service') {
      this.input({ type: 'routedToService' });
    } else {
      this.input({ type: 'routedToContacts', legs: destination.bindings.length });
    }
  }

  private input(input: CallInput): void {
    this.machine.input(input);
  }

  private perform(output: CallOutput): void {
    switch (output.type) {
      case 'callLegs':
        return this.callContacts();
      case 'armRingTimer':
        return this.arm(this.context.ringTimeoutMs, { type: 'ringTimeout' });
      case 'disarmRingTimer':
        return this.timer?.cancel();
      case 'ring':
        return this.ring(output.leg, output.hasMedia);
      case 'answerCaller':
        return this.answerCaller(output.leg);
      case 'rejectCaller':
        return this.caller.reject(output.status, output.reason);
      case 'endLegs':
        return this.legs.forEach((leg, index) => {
          if (index !== output.except) leg.end(output.why);
        });
      case 'endLeg':
        return this.legs[output.leg]?.end(output.why);
      case 'endCaller':
        return this.caller.hangUp(output.cause);
      case 'runService':
        return this.runService();
      case 'tellAnswered':
        return this.tellAnswered();
      case 'finish':
        return void this.finish(output.ending);
    }
    output satisfies never;
  }

  private arm(afterMs: number, input: CallInput): void {
    this.timer = this.context.runtime.clock.arm(afterMs, () => this.input(input));
  }

  private callContacts(): void {
    if (this.destination?.kind !== 'user') return;
    const { addressOfRecord, bindings } = this.destination;
    this.openMedia().then(
      (media) => {
        this.media = media;
        if (this.state !== 'ringing') return void media.close();
        this.legs = bindings.map((binding, leg) => this.callContact(binding, leg, media));
      },
      (error: unknown) => this.mediaRefused(error),
    );
  }
}
