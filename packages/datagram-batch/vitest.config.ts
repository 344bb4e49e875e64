import { project } from '../../vitest.base.ts';

export default project('datagram-batch');
