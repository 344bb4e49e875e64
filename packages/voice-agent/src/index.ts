export {
  type BargeIn,
  Conversation,
  type ConversationOptions,
  type GatherOptions,
  type Said,
  type SayOptions,
} from './conversation.ts';
export {
  type Agent,
  answerCalls,
  type AnsweringOptions,
  type ConversationEnd,
  converse,
} from './converse.ts';
export {
  type Gathered,
  type GatherInput,
  type GatherOutput,
  type GatherRules,
  type GatherState,
  gatherTable,
} from './gather-table.ts';
export type { Utterance, Voice } from './utterance.ts';
