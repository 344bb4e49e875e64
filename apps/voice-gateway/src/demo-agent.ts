import type { Agent, Gathered } from '@strowger/voice-agent';

/** What the agent says, and what was recorded of it. */
const LINES = {
  greeting:
    'Good evening, this is the night desk. The bar is open until midnight, and the pool is closed.',
  breakfast: 'Yes? Would you like breakfast? Say yes, or say nothing.',
  newspaper: 'And a newspaper? Say yes, or say nothing.',
  room: 'Please enter your room number, and then the hash key.',
  goodbye: 'Thank you. Good night.',
} as const;

/** What the agent has understood. */
export interface Understood {
  /** Whether the caller cut the greeting off, and how much of it had been said. */
  readonly interruptedAfterMs?: number;
  /** How long the caller spoke then. */
  readonly spokeMs?: number;
  readonly breakfast?: boolean;
  readonly newspaper?: boolean;
  readonly room?: string;
}

/** The night desk of a hotel: it understands digits, and that somebody speaks or does not. */
export function nightDesk(
  tell: (text: string) => void,
  understood: (what: Understood) => void,
): Agent {
  return async (talk) => {
    const greeting = talk.say(LINES.greeting, { bargeIn: 'any' });
    tell(`“${LINES.greeting}”`);
    const { cutBy, playedMs } = await greeting;
    if (cutBy !== undefined) {
      tell(`falls silent: interrupted by ${cutBy} after ${seconds(playedMs)}`);
      const spoken = await talk.gather({ speech: true });
      const spokeMs = spoken.kind === 'speech' ? spoken.durationMs : 0;
      tell(`hears that the caller spoke for ${seconds(spokeMs)}`);
      understood({ interruptedAfterMs: playedMs, spokeMs });
    }
    const asks = async (prompt: string): Promise<boolean> => {
      tell(`“${prompt}”`);
      const answer = await talk.gather({ prompt, speech: true, timeoutMs: 2500 });
      tell(answerInWords(answer));
      return answer.kind === 'speech';
    };
    understood({ breakfast: await asks(LINES.breakfast) });
    understood({ newspaper: await asks(LINES.newspaper) });
    tell(`“${LINES.room}”`);
    const room = await talk.gather({ prompt: LINES.room, digits: { most: 6 }, timeoutMs: 8000 });
    if (room.kind === 'digits') {
      tell(`understands the digits ${room.digits}`);
      understood({ room: room.digits });
    }
    tell(`“${LINES.goodbye}”`);
    await talk.say(LINES.goodbye);
    tell('hangs up');
  };
}

function answerInWords(answer: Gathered): string {
  return answer.kind === 'speech'
    ? `hears speech for ${seconds(answer.durationMs)}: yes`
    : 'hears nothing: no';
}

/** `1.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
