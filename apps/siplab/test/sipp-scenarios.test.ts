import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSippScenario, ScenarioError, simulate, sippRole } from '@strowger/siplab';
import { describe, expect, it } from 'vitest';
import { inWords } from './both-sides.ts';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const own = (name: string): string => readFileSync(folder(`../scenarios/${name}.xml`), 'utf8');
const read = (document: string, file = 'scenario.xml'): ReturnType<typeof readSippScenario> =>
  readSippScenario(document, { file, keys: ['replaces', 'caller'] });
const scenario = (...steps: string[]): string =>
  `<scenario name="s">\n${steps.join('\n')}\n</scenario>`;
const problemsOf = (document: string): string[] => {
  try {
    read(document);
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message.split('\n');
  }
};

const request = (method: string, to = ''): string => `<send retrans="500"><![CDATA[
  ${method} sip:bob@[remote_ip]:[remote_port] SIP/2.0
  Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
  From: <sip:alice@[local_ip]>;tag=a[call_number]
  To: <sip:bob@[remote_ip]>${to}
  Call-ID: [call_id]
  CSeq: [cseq] ${method}
  X-Field: [field1]
  Content-Length: [len]
]]></send>`;
const response = (status: string): string => `<send><![CDATA[
  SIP/2.0 ${status}
  [last_Via:]
  [last_From:]
  [last_To:];tag=b
  [last_Call-ID:]
  [last_CSeq:]
  [last_X-Nothing:] and what follows it
  Content-Length: 0
]]></send>`;

describe('scenarios of SIPp', () => {
  it('are understood: those of this repository', () => {
    const names = readdirSync(folder('../../../e2e/sipp')).filter((name) => name.endsWith('.xml'));
    const refused = names.flatMap((name) => {
      const document = readFileSync(join(folder('../../../e2e/sipp'), name), 'utf8');
      return problemsOf(document).map((problem) => `${name}: ${problem}`);
    });
    expect(refused).toMatchInlineSnapshot(`
      [
        "callee-replays.xml: scenario.xml:44: <exec> is understood with int_cmd="stop_call" only",
        "callee-replays.xml: scenario.xml:46: <exec> is understood with int_cmd="stop_call" only",
        "callee-rtp.xml: scenario.xml:44: <exec> is understood with int_cmd="stop_call" only",
        "callee-rtp.xml: scenario.xml:46: <exec> is understood with int_cmd="stop_call" only",
        "caller-replays.xml: scenario.xml:83: <exec> is understood with int_cmd="stop_call" only",
        "caller-replays.xml: scenario.xml:85: <exec> is understood with int_cmd="stop_call" only",
        "caller-rtp.xml: scenario.xml:84: <exec> is understood with int_cmd="stop_call" only",
        "caller-rtp.xml: scenario.xml:86: <exec> is understood with int_cmd="stop_call" only",
      ]
    `);
  });

  it('call each other in the simulator, through loss', async () => {
    const report = await simulate({
      caller: sippRole(read(own('uac'))),
      callee: sippRole(read(own('uas'))),
      plan: { total: 40, rate: 10 },
      settings: { pauseMs: 0 },
      loss: 0.05,
      seed: 3,
    });
    expect(report.failures.map(inWords)).toEqual([]);
    expect(report.caller).toMatchObject({ calls: 40, successful: 40 });
    expect(report.caller.responseTimes['rtd 1']?.count).toBe(40);
  });

  it('follow labels, tests and checks, and use the fields of their line', async () => {
    const caller = scenario(
      request('OPTIONS'),
      '<recv response="200"/>',
      '<nop><action><add assign_to="rounds" value="1"/>',
      '<test assign_to="again" variable="rounds" compare="less_than" value="3"/></action></nop>',
      '<nop next="end" test="again" condexec="again" condexec_inverse="true"/>',
      '<label id="end"/>',
      '<nop><action><assignstr assign_to="seen" value="[field0]-[$rounds]"/>',
      '<ereg regexp="^(one|two)-1$" search_in="var" variable="seen" check_it="true" assign_to="whole,part"/>',
      '<log message="[$whole] [$part]"/></action></nop>',
    );
    const callee = scenario(
      '<recv request="OPTIONS"><action>',
      '<ereg regexp="(1|2)" search_in="hdr" header="X-Field:" check_it="true" assign_to="x"/>',
      '</action></recv>',
      response('200 Fine'),
    );
    const logged: string[] = [];
    const report = await simulate({
      caller: sippRole(read(caller), { log: (text) => logged.push(text) }),
      callee: sippRole(read(callee)),
      plan: { total: 2 },
      settings: {
        lines: [
          ['one', '1'],
          ['two', '2'],
        ],
      },
    });
    expect(report.failures.map(inWords)).toEqual([]);
    expect(logged).toEqual(['log: one-1 one', 'log: two-1 two']);
  });

  it('log what the other side wrote without what would control a terminal', async () => {
    const caller = scenario(
      request('OPTIONS'),
      '<recv response="200"><action>',
      '<ereg regexp=".*" search_in="hdr" header="X-Field:" assign_to="x"/>',
      '<warning message="it says [$x]"/></action></recv>',
    );
    const callee = scenario(
      '<recv request="OPTIONS"/>',
      response('200 Fine').replace('Content-Length', 'X-Field: a\u009b2Jb\nContent-Length'),
    );
    const logged: string[] = [];
    const report = await simulate({
      caller: sippRole(read(caller), { log: (text) => logged.push(text) }),
      callee: sippRole(read(callee)),
      plan: { total: 1 },
    });
    expect(report.failures.map(inWords)).toEqual([]);
    expect(logged).toEqual(['warning: it says a\ufffd2Jb']);
  });

  it('fail with the line of the check that did not hold', async () => {
    const callee = scenario(
      '<recv request="OPTIONS"><action>',
      '<ereg regexp="secret" search_in="hdr" header="Subject:" check_it="true" assign_to="x"/>',
      '</action></recv>',
    );
    const report = await simulate({
      caller: sippRole(read(scenario(request('OPTIONS'), '<recv response="481"/>'))),
      callee: sippRole(read(callee)),
    });
    expect(report.callee.failures).toEqual({
      'mismatch: line 3: Subject does not match secret': 1,
    });
    expect(report.caller).toMatchObject({ successful: 1 });
  });

  it('go on at a label when nothing comes, and end a loop that never waits', async () => {
    const patient = scenario(
      request('OPTIONS'),
      '<recv response="200" timeout="1000" ontimeout="late"/>',
      '<nop><action><exec int_cmd="stop_call"/></action></nop>',
      '<label id="late"/>',
      '<nop next="late"/>',
    );
    const report = await simulate({
      caller: sippRole(read(patient)),
      callee: sippRole(read(scenario('<recv request="OPTIONS"/>'))),
    });
    expect(report.caller.failures).toEqual({ 'script: an endless loop': 1 });
  });
});

describe('what of a scenario is not understood', () => {
  it('is named with its line, all of it at once', () => {
    const document = scenario(
      '<send lost="10"><![CDATA[',
      '  OPTIONS sip:[nowhere] SIP/2.0',
      '  Via: [branch-2]',
      ']]></send>',
      '<recv response="200" next="7"/>',
      '<recvCmd/>',
      '<nop><action><exec rtp_stream="a.wav"/><ereg regexp="(" assign_to="1"/></action></nop>',
      '<pause distribution="normal" mean="3"/>',
      '<recv response="200" optional="true"/>',
    );
    expect(problemsOf(document)).toMatchInlineSnapshot(`
      [
        "scenario.xml:2: lost of <send> is not understood",
        "scenario.xml:3: [nowhere] is no keyword that is understood",
        "scenario.xml:4: [branch-2] is no keyword that is understood",
        "scenario.xml:6: there is no label 7",
        "scenario.xml:7: <recvCmd> is not understood",
        "scenario.xml:8: <exec> is understood with int_cmd="stop_call" only",
        "scenario.xml:8: regexp: error parsing regexp: missing closing ): \`(?s)(\`",
        "scenario.xml:9: distribution="normal" is none of fixed, uniform",
        "scenario.xml:9: mean of <pause> is not understood",
        "scenario.xml:10: an optional <recv> needs one behind it that is not",
      ]
    `);
  });

  it.each([
    ['<scenario><send>', 'scenario.xml:1: '],
    ['<flow/>', 'scenario.xml:1: <scenario> is wanted, not <flow>'],
    [scenario('<pause/>'), 'scenario.xml:1: nothing is sent or received'],
    [scenario('<send></send>'), 'scenario.xml:2: <send> has no message'],
    [
      scenario('<nop><action><constructor/></action></nop>'),
      'scenario.xml:2: <constructor> is no action that is understood',
    ],
  ])('%s', (document, problem) => {
    expect(problemsOf(document).join('\n')).toContain(problem);
  });
});
