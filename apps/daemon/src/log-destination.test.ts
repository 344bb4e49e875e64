import { pino } from 'pino';
import { expect, it } from 'vitest';
import { logDestination } from './index.ts';

it('logs what a peer wrote without what controls a terminal, and loses nothing of it', () => {
  const lines: string[] = [];
  const logger = pino({}, logDestination({ write: (line) => lines.push(line) }));
  const reason = 'Busy\u001b[2J\u007f\u009b31m\u0085\r\nHere';
  logger.warn({ reason }, `refused: ${reason}`);
  const [line = ''] = lines;
  expect(line.endsWith('\n')).toBe(true);
  expect(line.slice(0, -1)).not.toMatch(/\p{Cc}/u);
  expect(JSON.parse(line)).toMatchObject({ reason, msg: `refused: ${reason}` });
});
