import { project } from '../vitest.base.ts';

export default project('examples', ['test/*.test.ts']);
