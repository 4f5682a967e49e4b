#!/usr/bin/env node
// Ink and React pick their slower development builds unless this is set before they load.
process.env.NODE_ENV ??= 'production';
const { enableCompileCache } = await import('node:module');
enableCompileCache?.();
const { run, flush, handle } = await Promise.all([
  import('@oclif/core/run'),
  import('@oclif/core/flush'),
  import('@oclif/core/handle'),
]).then(([r, f, h]) => ({ run: r.run, flush: f.flush, handle: h.handle }));
await run(process.argv.slice(2), import.meta.url).then(() => flush(), handle);
