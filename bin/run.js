#!/usr/bin/env node
import module from 'node:module';

// Ink and React load their slower development builds unless this is set before.
process.env.NODE_ENV ??= 'production';
module.enableCompileCache?.();

const { run } = await import('@oclif/core/run');
try {
  await run(process.argv.slice(2), import.meta.url);
} catch (error) {
  const { handle } = await import('@oclif/core/handle');
  await handle(error);
}
