import { rowsProject } from '../../vitest.base.ts';

export default rowsProject('session-core');
