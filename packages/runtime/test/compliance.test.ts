import { describeDatagrams } from '@strowger/testkit';
import { describe, it } from 'vitest';
import { nodeRuntime } from '../src/index.ts';

describeDatagrams({ describe, it }, '`dgram`', () => nodeRuntime().datagrams);
