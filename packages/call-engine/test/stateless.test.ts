import {
  answerChallenge,
  createResponse,
  parseMessage,
  SipRequest,
  uri,
} from '@strowger/sip-message';
import type { SipMessage, SipResponse } from '@strowger/sip-message';
import type { SimulatedHost } from '@strowger/testkit';
import { afterEach, expect, it } from 'vitest';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import { setStage, type Stage } from './stage.ts';
