import type { RE2JS } from 're2js';
import type { Template } from './template.ts';

/** Where the scenario goes on after a step. */
export interface Flow {
  /** A label; with `test` only where this variable is set. */
  readonly next?: string;
  readonly test?: string;
  /** Of going there, 0 to 1. */
  readonly chance?: number;
  /** The step is left out unless this variable is set. */
  readonly condexec?: string;
  /** The same the other way round. */
  readonly condexecInverse?: boolean;
  /** Begins and ends a measurement of this name. */
  readonly startRtd?: string;
  readonly rtd?: string;
}

/** A message that is sent. */
export interface SendStep extends Flow {
  readonly type: 'send';
  readonly line: number;
  readonly message: MessageTemplate;
  /** Over UDP: when it is sent again for the first time. */
  readonly retransMs?: number;
}

/** A message in pieces: the head is filled when the length of the body is known. */
export interface MessageTemplate {
  readonly start: Template;
  readonly headers: readonly Template[];
  readonly body: Template;
}

/** A message that is waited for. */
export interface RecvStep extends Flow {
  readonly type: 'recv';
  readonly line: number;
  readonly request?: string | RE2JS;
  readonly response?: string | RE2JS;
  readonly isOptional: boolean;
  /** Whether the route set and the remote target are kept for `[routes]`, `[next_url]`. */
  readonly rrs: boolean;
  /** Whether its challenge is kept for `[authentication]`. */
  readonly auth: boolean;
  readonly timeoutMs?: number;
  readonly onTimeout?: string;
  readonly actions: readonly Action[];
}

/** Time that passes: from `min` to `max`, what a variable says, or what the run says. */
export interface PauseStep extends Flow {
  readonly type: 'pause';
  readonly line: number;
  readonly minMs?: number;
  readonly maxMs?: number;
  readonly variable?: string;
}

export interface NopStep extends Flow {
  readonly type: 'nop';
  readonly line: number;
  readonly actions: readonly Action[];
}

export type SippStep = SendStep | RecvStep | PauseStep | NopStep;

/** What is done with a message or with variables. */
export type Action = { readonly line: number } & (
  | {
      readonly type: 'ereg';
      readonly pattern: RE2JS;
      readonly searchIn: 'msg' | 'hdr' | 'body' | 'var';
      readonly header?: string;
      readonly variable?: string;
      readonly check: 'match' | 'mismatch' | 'none';
      readonly assignTo: readonly string[];
    }
  | { readonly type: 'assign'; readonly to: string; readonly value: Operand }
  | { readonly type: 'assignstr'; readonly to: string; readonly value: Template }
  | {
      readonly type: 'arithmetic';
      readonly operation: 'add' | 'subtract' | 'multiply' | 'divide';
      readonly to: string;
      readonly value: Operand;
    }
  | { readonly type: 'todouble'; readonly to: string; readonly variable: string }
  | {
      readonly type: 'test';
      readonly to: string;
      readonly variable: string;
      readonly compare: Comparison;
      readonly value: Operand;
    }
  | {
      readonly type: 'strcmp';
      readonly to: string;
      readonly variable: string;
      readonly value: Template;
    }
  | { readonly type: 'log'; readonly message: Template; readonly level: 'log' | 'warning' }
  | { readonly type: 'stopCall' }
);

/** A number, or the variable that holds it. */
export type Operand = { readonly number: number } | { readonly variable: string };

export type Comparison =
  | 'equal'
  | 'not_equal'
  | 'greater_than'
  | 'less_than'
  | 'greater_than_equal'
  | 'less_than_equal';

/** A scenario of SIPp that was understood whole. */
export interface SippScenario {
  readonly name: string;
  readonly steps: readonly SippStep[];
  /** The step that each label stands before. */
  readonly labels: ReadonlyMap<string, number>;
  /** Whether it calls or is called: by its first message. */
  readonly role: 'caller' | 'callee';
}
