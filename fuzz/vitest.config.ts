import { project } from '../vitest.base.ts';

export default project('fuzz', ['test/*.test.ts']);
