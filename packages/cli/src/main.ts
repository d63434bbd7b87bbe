#!/usr/bin/env node
import { spawn } from 'node:child_process';
import process from 'node:process';
import { fetch } from '@gaia/http-client/fetch';
import { gaia } from './gaia.ts';

// A reader of the output may stop early (`gaia users list | head -1`); that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

process.exitCode = await gaia(process.argv.slice(2), {
  fetch,
  now: Date.now,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  spawn,
  signals: process,
});
