import { rowsProject } from '../../vitest.base.ts';

export default rowsProject('dialog-core');
