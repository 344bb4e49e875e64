import { project } from '../vitest.base.ts';

export default project('flows', ['test/*.test.ts']);
