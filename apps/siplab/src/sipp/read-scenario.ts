import { Attributes } from './attributes.ts';
import { type Problem, ScenarioError } from './problems.ts';
import { readActions } from './read-actions.ts';
import type {
  Flow,
  MessageTemplate,
  PauseStep,
  RecvStep,
  SippScenario,
  SippStep,
} from './sipp-scenario.ts';
import { readTemplate, type TemplateContext } from './template.ts';
import { readXml, type XmlElement, XmlError } from './xml-tree.ts';

/** How a scenario is read. */
export interface ReadOptions {
  /** What errors call it. */
  readonly file: string;
  /** Names that `--key` and `--set` give a value. */
  readonly keys?: Iterable<string>;
}

/**
 * Reads a scenario in SIPp's XML. Throws `ScenarioError` with the line of everything that is not
 * understood: nothing of a scenario is left out silently.
 */
export function readSippScenario(document: string, { file, keys = [] }: ReadOptions): SippScenario {
  const problems: Problem[] = [];
  const context: TemplateContext = { keys: new Set(keys), problems };
  const root = rootOf(document, file);
  const steps: SippStep[] = [];
  const labels = new Map<string, number>();
  for (const element of root.children) {
    const attributes = new Attributes(element, problems);
    if (element.name === 'label') labels.set(attributes.need('id'), steps.length);
    else if (!NO_STEPS.includes(element.name))
      steps.push(...readStep(element, attributes, context));
  }
  problems.push(...unknownLabels(steps, labels), ...danglingOptionals(steps));
  const first = steps.find(({ type }) => type === 'send' || type === 'recv');
  if (first === undefined) problems.push({ line: root.line, text: 'nothing is sent or received' });
  if (problems.length > 0) throw new ScenarioError(file, problems);
  const role = first?.type === 'send' ? 'caller' : 'callee';
  return { name: root.attributes['name'] ?? file, steps, labels, role };
}

/**
 * What declares or only shows. `timewait` is there: a call that is over answers repetitions anyway.
 */
const NO_STEPS = [
  'Global',
  'User',
  'Reference',
  'ResponseTimeRepartition',
  'CallLengthRepartition',
  'timewait',
];

function rootOf(document: string, file: string): XmlElement {
  try {
    const root = readXml(document);
    if (root.name === 'scenario') return root;
    throw new XmlError(root.line, `<scenario> is wanted, not <${root.name}>`);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new ScenarioError(file, [{ line: error.line, text: error.message }]);
  }
}

function readStep(element: XmlElement, from: Attributes, context: TemplateContext): SippStep[] {
  from.ignore('crlf', 'display', 'hide', 'counter', 'ignoresdp', 'repeat_rtd');
  const { line } = from;
  const flow = readFlow(from);
  const step = ((): SippStep | undefined => {
    switch (element.name) {
      case 'send': {
        const retransMs = from.number('retrans');
        const message = readMessage(element, context);
        const repeated = retransMs === undefined || retransMs === 0 ? {} : { retransMs };
        return { type: 'send', line, message, ...repeated, ...flow };
      }
      case 'recv':
        return { ...readRecv(element, from, context), ...flow };
      case 'pause':
        return { ...readPause(from), ...flow };
      case 'nop':
        return { type: 'nop', line, actions: readActions(element, context), ...flow };
      default:
        from.complain(`<${element.name}> is not understood`);
        from.forgetOthers();
        return undefined;
    }
  })();
  from.refuseOthers();
  return step === undefined ? [] : [step];
}

function readFlow(from: Attributes): Flow {
  const rtd = from.take('rtd');
  const values = {
    next: from.take('next'),
    test: from.take('test'),
    chance: from.number('chance'),
    condexec: from.take('condexec'),
    condexecInverse: from.flag('condexec_inverse') || undefined,
    startRtd: from.take('start_rtd'),
    rtd: rtd === 'true' ? '1' : rtd,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function readRecv(element: XmlElement, from: Attributes, context: TemplateContext): RecvStep {
  const isPattern = from.flag('regexp_match');
  const [request, response] = ['request', 'response'].map((name) => {
    const value = from.take(name);
    return value !== undefined && isPattern ? from.pattern(`^(?:${value})$`) : value;
  });
  if ((request === undefined) === (response === undefined)) {
    from.complain('<recv> needs either request or response');
  }
  const timeoutMs = from.number('timeout');
  const onTimeout = from.take('ontimeout');
  return {
    type: 'recv',
    line: from.line,
    isOptional: from.choice('optional', ['true', 'false']) === 'true',
    rrs: from.flag('rrs'),
    auth: from.flag('auth'),
    actions: readActions(element, context),
    ...(request !== undefined && { request }),
    ...(response !== undefined && { response }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(onTimeout !== undefined && { onTimeout }),
  };
}

function readPause(from: Attributes): PauseStep {
  const { line } = from;
  const variable = from.take('variable');
  if (variable !== undefined) return { type: 'pause', line, variable };
  const kind = from.choice('distribution', ['fixed', 'uniform']);
  if (kind === 'uniform') {
    return { type: 'pause', line, minMs: from.number('min') ?? 0, maxMs: from.number('max') ?? 0 };
  }
  const ms = from.number(kind === 'fixed' ? 'value' : 'milliseconds');
  return ms === undefined ? { type: 'pause', line } : { type: 'pause', line, minMs: ms, maxMs: ms };
}

/** Lines lose the spaces around them; the first empty line ends the head. */
function readMessage({ text, textLine }: XmlElement, context: TemplateContext): MessageTemplate {
  const lines = text.split('\n').map((one) => one.trim());
  const first = Math.max(
    0,
    lines.findIndex((one) => one !== ''),
  );
  const blank = lines.indexOf('', first);
  const end = blank < 0 ? lines.length : blank;
  const read = (one: string, index: number): ReturnType<typeof readTemplate> =>
    readTemplate(one, textLine + index, context);
  const body = lines.slice(end + 1);
  while (body.at(-1) === '') body.pop();
  if (lines[first] === '') context.problems.push({ line: textLine, text: '<send> has no message' });
  return {
    start: read(lines[first] ?? '', first),
    headers: lines.slice(first + 1, end).map((one, index) => read(one, first + 1 + index)),
    body: read(body.map((one) => `${one}\r\n`).join(''), end + 1),
  };
}

function unknownLabels(steps: readonly SippStep[], labels: ReadonlyMap<string, number>): Problem[] {
  return steps.flatMap((step) => {
    const wanted = [step.next, step.type === 'recv' ? step.onTimeout : undefined];
    const unknown = wanted.filter((label) => label !== undefined && !labels.has(label));
    return unknown.map((label) => ({ line: step.line, text: `there is no label ${label}` }));
  });
}

/** What is optional is waited for together with what is not. */
function danglingOptionals(steps: readonly SippStep[]): Problem[] {
  return steps
    .filter((step, index) => {
      const next = steps[index + 1];
      return step.type === 'recv' && step.isOptional && next?.type !== 'recv';
    })
    .map(({ line }) => ({ line, text: 'an optional <recv> needs one behind it that is not' }));
}
