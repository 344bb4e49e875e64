import { describeDatagrams, describeForwarding } from '@strowger/testkit';
import { describe, it } from 'vitest';
import { nodeRuntime } from '../src/index.ts';

describeDatagrams({ describe, it }, '`dgram`', () => nodeRuntime().datagrams);
describeForwarding({ describe, it }, '`dgram`', () => nodeRuntime().datagrams);
