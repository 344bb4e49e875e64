import { writeFileSync } from 'node:fs';
import { stateDiagrams } from './state-diagrams.ts';

const [, , file = ''] = process.argv;
writeFileSync(file, stateDiagrams());
