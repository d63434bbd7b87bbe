import { join } from 'node:path';
import { writeGeneratedParts } from './documentation.ts';

await writeGeneratedParts(join(import.meta.dirname, '..', '..'));
