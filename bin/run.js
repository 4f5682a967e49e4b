#!/usr/bin/env node
import module from 'node:module';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';

// Ink and React load their slower development builds unless this is set before.
process.env.NODE_ENV ??= 'production';
// An idle server takes less memory; src/lib/garbage.ts says why, and ends it.
if (process.argv[2] === 'server') setFlagsFromString('--semi-space-growth-factor=1');
module.enableCompileCache?.();
// Threads enable theirs by themselves if this says where; Node adds its version to the path.
const cache = module.getCompileCacheDir?.();
if (cache) process.env.NODE_COMPILE_CACHE ??= dirname(cache);

const { run } = await import('@oclif/core/run');
try {
  await run(process.argv.slice(2), import.meta.url);
} catch (error) {
  const { handle } = await import('@oclif/core/handle');
  await handle(error);
}
