import { RE2JS } from 're2js';
import { Attributes } from './attributes.ts';
import type { Action, Comparison, Operand } from './sipp-scenario.ts';
import { readTemplate, type TemplateContext } from './template.ts';
import type { XmlElement } from './xml-tree.ts';

/** Reads the actions of a step; what is not understood becomes a problem. */
export function readActions(step: XmlElement, context: TemplateContext): Action[] {
  return step.children
    .filter(({ name }) => name === 'action')
    .flatMap(({ children }) => children)
    .flatMap((element) => {
      const attributes = new Attributes(element, context.problems);
      const read = Object.hasOwn(READERS, element.name) ? READERS[element.name] : undefined;
      if (read === undefined)
        attributes.complain(`<${element.name}> is no action that is understood`);
      const action = read?.(attributes, context);
      if (read !== undefined) attributes.refuseOthers();
      return action === undefined ? [] : [action];
    });
}

type Reader = (attributes: Attributes, context: TemplateContext) => Action | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  ereg: readEreg,
  assign: (from) => ({
    type: 'assign',
    line: from.line,
    to: from.need('assign_to'),
    value: operand(from),
  }),
  assignstr: (from, context) => ({
    type: 'assignstr',
    line: from.line,
    to: from.need('assign_to'),
    value: readTemplate(from.need('value'), from.line, context),
  }),
  add: arithmetic('add'),
  subtract: arithmetic('subtract'),
  multiply: arithmetic('multiply'),
  divide: arithmetic('divide'),
  todouble: (from) => ({
    type: 'todouble',
    line: from.line,
    to: from.need('assign_to'),
    variable: from.need('variable'),
  }),
  test: (from) => ({
    type: 'test',
    line: from.line,
    to: from.need('assign_to'),
    variable: from.need('variable'),
    compare: from.choice('compare', COMPARISONS) ?? 'equal',
    value: operand(from, 'variable2'),
  }),
  strcmp: (from, context) => ({
    type: 'strcmp',
    line: from.line,
    to: from.need('assign_to'),
    variable: from.need('variable'),
    value: readTemplate(from.need('value'), from.line, context),
  }),
  log: message('log'),
  warning: message('warning'),
  exec: (from) => {
    if (from.take('int_cmd') === 'stop_call') return { type: 'stopCall', line: from.line };
    from.complain('<exec> is understood with int_cmd="stop_call" only');
    from.forgetOthers();
    return undefined;
  },
};

const COMPARISONS: readonly Comparison[] = [
  'equal',
  'not_equal',
  'greater_than',
  'less_than',
  'greater_than_equal',
  'less_than_equal',
];

function readEreg(from: Attributes): Action | undefined {
  const searchIn = from.choice('search_in', ['msg', 'hdr', 'body', 'var']) ?? 'msg';
  const flags = from.flag('case_indep') ? RE2JS.CASE_INSENSITIVE : 0;
  const pattern = from.pattern(from.need('regexp'), flags);
  const header = from.take('header')?.trim().replace(/:$/, '');
  const variable = from.take('variable');
  const inverse = from.flag('check_it_inverse');
  const check = inverse ? 'mismatch' : from.flag('check_it') ? 'match' : 'none';
  const assignTo = (from.take('assign_to') ?? '').split(',').map((name) => name.trim());
  if (searchIn === 'hdr' && header === undefined) from.complain('search_in="hdr" needs a header');
  if (searchIn === 'var' && variable === undefined)
    from.complain('search_in="var" needs a variable');
  if (pattern === undefined) return undefined;
  return {
    type: 'ereg',
    line: from.line,
    pattern,
    searchIn,
    check,
    assignTo: assignTo.filter((name) => name !== ''),
    ...(header !== undefined && { header }),
    ...(variable !== undefined && { variable }),
  };
}

function arithmetic(operation: 'add' | 'subtract' | 'multiply' | 'divide'): Reader {
  return (from) => ({
    type: 'arithmetic',
    operation,
    line: from.line,
    to: from.need('assign_to'),
    value: operand(from),
  });
}

function message(level: 'log' | 'warning'): Reader {
  return (from, context) => ({
    type: 'log',
    level,
    line: from.line,
    message: readTemplate(from.need('message'), from.line, context),
  });
}

function operand(from: Attributes, name = 'variable'): Operand {
  const variable = from.take(name);
  if (variable !== undefined) return { variable };
  const number = Number(from.need('value'));
  if (Number.isNaN(number)) from.complain('value is no number');
  return { number };
}
