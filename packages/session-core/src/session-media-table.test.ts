import { rowsOf, step } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import {
  type SessionMediaInput,
  type SessionMediaMachineState,
  sessionMediaTable,
} from './session-media-table.ts';

const inputs: Record<SessionMediaInput['type'], SessionMediaInput> = {
  negotiationStarted: { type: 'negotiationStarted' },
  negotiationCompleted: { type: 'negotiationCompleted', direction: 'sendrecv' },
  negotiationAbandoned: { type: 'negotiationAbandoned' },
  mediaStarted: { type: 'mediaStarted' },
  failed: { type: 'failed', code: 'X' },
  renewed: { type: 'renewed' },
  closed: { type: 'closed' },
};

function take(state: SessionMediaMachineState, input: SessionMediaInput): SessionMediaMachineState {
  return (
    step<SessionMediaMachineState, SessionMediaInput, never, undefined>(
      sessionMediaTable,
      state,
      input,
      undefined,
    )?.next ?? state
  );
}

function follow(...path: (keyof typeof inputs | SessionMediaInput)[]): string {
  let state: SessionMediaMachineState = { name: 'none' };
  for (const one of path) {
    const input: SessionMediaInput = typeof one === 'string' ? inputs[one] : one;
    state = take(state, input);
  }
  return state.name;
}

const held = { type: 'negotiationCompleted', direction: 'sendonly' } as const;
const agreed = ['negotiationStarted', 'negotiationCompleted'] as const;

describe('the session-media table', () => {
  it.each([
    ['configured', [...agreed]],
    ['active', [...agreed, 'mediaStarted']],
    ['active', ['negotiationStarted', 'mediaStarted', 'negotiationCompleted']],
    [
      'active',
      [...agreed, 'mediaStarted', 'mediaStarted', 'negotiationStarted', 'negotiationAbandoned'],
    ],
    ['active', [...agreed, 'negotiationStarted', 'mediaStarted', 'negotiationAbandoned']],
    ['none', ['negotiationStarted', 'negotiationStarted', 'negotiationAbandoned']],
    ['paused', [...agreed, 'negotiationStarted', held]],
    ['active', [...agreed, 'negotiationStarted', held, 'mediaStarted', ...agreed]],
    [
      'paused',
      [
        ...agreed,
        'negotiationStarted',
        held,
        'negotiationStarted',
        'mediaStarted',
        'negotiationAbandoned',
      ],
    ],
    ['none', ['closed']],
    ['failed', ['failed', 'closed']],
    ['none', ['failed', 'renewed']],
    ['configured', ['failed', 'renewed', ...agreed]],
    ['failed', ['failed', 'negotiationStarted']],
  ] as const)('is %s after %j', (name, path) => {
    expect(follow(...path)).toBe(name);
  });

  it('fails and closes from every state', () => {
    const paths = [
      [],
      ['negotiationStarted'],
      agreed,
      [...agreed, 'mediaStarted'],
      ['negotiationStarted', held],
    ] as const;
    for (const path of paths) {
      expect(follow(...path, 'failed')).toBe('failed');
      expect(follow(...path, 'closed')).toBe('none');
    }
  });

  it('has a row for each of these and no other', () => {
    expect(rowsOf(sessionMediaTable)).toHaveLength(23);
  });
});
