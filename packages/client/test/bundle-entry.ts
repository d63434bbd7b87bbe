import { createClient } from '../src/client.ts';
import { isGaiaError } from '../src/error.ts';

// What a page for signing in and content imports.
Object.assign(globalThis, { createClient, isGaiaError });
