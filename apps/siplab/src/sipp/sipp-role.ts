import { Buffer } from 'node:buffer';
import { parseMessage, type SipMessage } from '@strowger/sip-message';
import { describePattern, unexpected } from '../pattern.ts';
import type { Role } from '../party.ts';
import type { Leg } from '../leg.ts';
import type { CallSettings } from '../settings.ts';
import { StepFailed } from '../step-failed.ts';
import { runActions } from './run-actions.ts';
import { type Making, SippMemory } from './sipp-memory.ts';
import type { PauseStep, RecvStep, SendStep, SippScenario, SippStep } from './sipp-scenario.ts';
import { fill, type Template } from './template.ts';

/** Steps in a row without waiting for anything: more is a loop. */
const WITHOUT_WAITING = 10_000;

/** Where the log and warnings of scenarios go. */
export interface SippRoleOptions {
  log?(text: string): void;
}

/** A scenario of SIPp as a side of a call. */
export function sippRole(scenario: SippScenario, { log = () => {} }: SippRoleOptions = {}): Role {
  return (leg, settings) => new SippCall(scenario, { leg, settings, log }).play();
}

/** One call that goes through the steps. */
class SippCall {
  private readonly scenario: SippScenario;
  private readonly leg: Leg;
  private readonly settings: CallSettings;
  private readonly memory: SippMemory;
  private readonly log: (text: string) => void;
  private readonly began: number;
  private readonly measuring = new Map<string, number>();
  private at = 0;
  private idle = 0;

  constructor(
    scenario: SippScenario,
    { leg, settings, log }: { leg: Leg; settings: CallSettings; log: (text: string) => void },
  ) {
    this.scenario = scenario;
    this.leg = leg;
    this.settings = settings;
    this.memory = new SippMemory(leg, settings);
    this.log = log;
    this.began = leg.clock.now();
  }

  async play(): Promise<void> {
    for (;;) {
      const step = this.scenario.steps[this.at];
      if (step === undefined) return;
      if (++this.idle > WITHOUT_WAITING) throw new StepFailed('script', 'an endless loop');
      this.at++;
      if (!this.isLeftOut(step) && (await this.perform(step)) === 'stop') return;
    }
  }

  private async perform(step: SippStep): Promise<'stop' | undefined> {
    switch (step.type) {
      case 'send':
        this.send(step);
        return this.after(step);
      case 'recv':
        return this.receive();
      case 'pause':
        this.idle = 0;
        await this.leg.pause(this.lengthOf(step));
        return this.after(step);
      case 'nop':
        return this.act(step, this.memory.last);
      default:
        return step satisfies never;
    }
  }

  /** Waits for the next message, which may be this one or, while they are optional, those behind. */
  private async receive(): Promise<'stop' | undefined> {
    this.idle = 0;
    const from = this.at - 1;
    const group = this.groupAt(from);
    const last = group.at(-1);
    const waitedFor = describePattern(group.map(nameOf));
    try {
      const { message } = await this.leg.peek(
        group[0]?.timeoutMs ?? last?.timeoutMs ?? this.settings.timeoutMs,
        waitedFor,
      );
      const index = group.findIndex((step) => isWanted(step, message));
      const step = group[index];
      if (step === undefined) throw unexpected(message, group.map(nameOf));
      this.leg.shift();
      this.memory.receive(message, step);
      // what is optional may come again: the same steps are waited for
      this.at = step.isOptional ? from : from + index + 1;
      return this.act(step, message);
    } catch (error) {
      const label = group[0]?.onTimeout ?? last?.onTimeout;
      const isLate = error instanceof StepFailed && error.kind === 'timeout';
      if (!isLate || label === undefined) throw error;
      this.at = this.scenario.labels.get(label) ?? 0;
      return undefined;
    }
  }

  /** The step there, and those behind it up to the first that is not optional. */
  private groupAt(from: number): RecvStep[] {
    const group: RecvStep[] = [];
    for (const step of this.scenario.steps.slice(from)) {
      if (step.type !== 'recv') break;
      group.push(step);
      if (!step.isOptional) break;
    }
    return group;
  }

  private act(
    step: Extract<SippStep, { actions: unknown }>,
    message: SipMessage | undefined,
  ): 'stop' | undefined {
    const { variables } = this.memory;
    const filled = (template: Template): string =>
      fill(template, (keyword) => this.memory.valueOf(keyword, undefined)) ?? '';
    const { stops } = runActions(step.actions, { variables, message, fill: filled, log: this.log });
    return stops ? 'stop' : this.after(step);
  }

  private send(step: SendStep): void {
    const { message: template, retransMs: firstRepeatMs } = step;
    const branch = this.leg.branch();
    const isNew = startsRequest(template.start);
    if (isNew) this.memory.cseq++;
    const draft: Making = {
      branch,
      bodyBytes: 0,
      method: '',
      uri: '',
      body: '',
      index: this.at - 1,
    };
    const filled = (part: Template, making: Making): string | undefined =>
      fill(part, (keyword) => this.memory.valueOf(keyword, making));
    const body = filled(template.body, draft) ?? '';
    const start = filled(template.start, draft) ?? '';
    const [method = '', target = ''] = start.split(' ');
    const making = { ...draft, body, bodyBytes: Buffer.byteLength(body), method, uri: target };
    const headers = template.headers.map((header) => filled(header, making));
    const lines = [start, ...headers.filter((line) => line !== undefined), '', body];
    const parsed = parseMessage(Buffer.from(lines.join('\r\n')));
    if (!parsed.ok) {
      throw new StepFailed('script', `line ${step.line}: ${parsed.refusal.message}`);
    }
    this.leg.send(parsed.value, { firstRepeatMs });
  }

  private lengthOf({ minMs, maxMs = minMs, variable }: PauseStep): number {
    if (variable !== undefined) return Math.max(0, this.memory.variables.number(variable));
    if (minMs === undefined || maxMs === undefined) return this.settings.pauseMs;
    return minMs + Math.round(this.leg.chance() * (maxMs - minMs));
  }

  private isLeftOut({ condexec, condexecInverse = false }: SippStep): boolean {
    return condexec !== undefined && this.memory.variables.isSet(condexec) === condexecInverse;
  }

  /** Measures, and goes where the step says. */
  private after(step: SippStep): undefined {
    const now = this.leg.clock.now();
    if (step.startRtd !== undefined) this.measuring.set(step.startRtd, now);
    if (step.rtd !== undefined) {
      const since = this.measuring.get(step.rtd) ?? this.began;
      this.settings.tally.responseTime(`rtd ${step.rtd}`, now - since);
    }
    const { next, test, chance = 1 } = step;
    if (next === undefined || (test !== undefined && !this.memory.variables.isSet(test))) return;
    if (chance < 1 && this.leg.chance() >= chance) return;
    this.at = this.scenario.labels.get(next) ?? this.at;
  }
}

/** Whether a template begins a request that counts the CSeq up. */
function startsRequest([first]: Template): boolean {
  return typeof first === 'string' && !/^(?:SIP\/2\.0|ACK|CANCEL) /.test(first);
}

function nameOf({ request, response }: RecvStep): string {
  const pattern = request ?? response ?? '';
  return typeof pattern === 'string' ? pattern : pattern.pattern();
}

function isWanted({ request, response }: RecvStep, message: SipMessage): boolean {
  const [pattern, value] =
    message.kind === 'request' ? [request, message.method] : [response, String(message.status)];
  if (pattern === undefined) return false;
  return typeof pattern === 'string' ? pattern === value : pattern.matches(value);
}
