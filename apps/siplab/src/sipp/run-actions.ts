import { printable } from '@strowger/runtime';
import { type SipMessage, serializeMessage } from '@strowger/sip-message';
import { Buffer } from 'node:buffer';
import { StepFailed } from '../step-failed.ts';
import type { Action, Comparison } from './sipp-scenario.ts';
import type { Template } from './template.ts';
import type { Variables } from './variables.ts';

/** What actions work on. */
export interface ActionContext {
  readonly variables: Variables;
  /** The message that the step received; the last one for a `nop`. */
  readonly message: SipMessage | undefined;
  fill(template: Template): string;
  log(text: string): void;
}

/** Does the actions of a step. Throws `StepFailed` where a check fails. Gives whether the call stops. */
export function runActions(actions: readonly Action[], context: ActionContext): { stops: boolean } {
  for (const action of actions) {
    if (action.type === 'stopCall') return { stops: true };
    run(action, context);
  }
  return { stops: false };
}

function run(action: Exclude<Action, { type: 'stopCall' }>, context: ActionContext): void {
  const { variables } = context;
  switch (action.type) {
    case 'ereg':
      return search(action, context);
    case 'assign':
      return variables.set(action.to, variables.valueOf(action.value));
    case 'assignstr':
      return variables.set(action.to, context.fill(action.value));
    case 'arithmetic': {
      const [one, other] = [variables.number(action.to), variables.valueOf(action.value)];
      return variables.set(action.to, OPERATIONS[action.operation](one, other));
    }
    case 'todouble':
      return variables.set(action.to, variables.number(action.variable));
    case 'test': {
      const [one, other] = [variables.number(action.variable), variables.valueOf(action.value)];
      return variables.set(action.to, COMPARISONS[action.compare](one, other));
    }
    case 'strcmp': {
      const [one, other] = [variables.text(action.variable), context.fill(action.value)];
      return variables.set(action.to, one === other ? 0 : one < other ? -1 : 1);
    }
    case 'log':
      return context.log(printable(`${action.level}: ${context.fill(action.message)}`));
    default:
      action satisfies never;
  }
}

function search(action: Extract<Action, { type: 'ereg' }>, context: ActionContext): void {
  const { pattern, check, assignTo, line } = action;
  const subject = subjectOf(action, context);
  const matcher = subject === undefined ? undefined : pattern.matcher(subject);
  const isFound = matcher?.find() === true;
  assignTo.forEach((name, index) => {
    const found = isFound && index <= matcher.groupCount() ? matcher.group(index) : undefined;
    context.variables.set(name, found ?? undefined);
  });
  const isWrong = (check === 'match' && !isFound) || (check === 'mismatch' && isFound);
  if (!isWrong) return;
  const what = action.header ?? action.variable ?? action.searchIn;
  const verdict = isFound ? 'matches' : 'does not match';
  throw new StepFailed('mismatch', `line ${line}: ${what} ${verdict} ${pattern.pattern()}`);
}

function subjectOf(
  { searchIn, header = '', variable = '' }: Extract<Action, { type: 'ereg' }>,
  { message, variables }: ActionContext,
): string | undefined {
  if (searchIn === 'var') return variables.text(variable);
  if (message === undefined) return undefined;
  if (searchIn === 'body') return message.text();
  if (searchIn === 'msg') return Buffer.from(serializeMessage(message)).toString('utf8');
  const values = message.headers.raw(header);
  return values.length === 0 ? undefined : values.join(', ');
}

const OPERATIONS = {
  add: (one: number, other: number) => one + other,
  subtract: (one: number, other: number) => one - other,
  multiply: (one: number, other: number) => one * other,
  divide: (one: number, other: number) => (other === 0 ? 0 : one / other),
};
const COMPARISONS: Record<Comparison, (one: number, other: number) => boolean> = {
  equal: (one, other) => one === other,
  not_equal: (one, other) => one !== other,
  greater_than: (one, other) => one > other,
  less_than: (one, other) => one < other,
  greater_than_equal: (one, other) => one >= other,
  less_than_equal: (one, other) => one <= other,
};
