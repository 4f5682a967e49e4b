// Writes the files that are made from src/results/: the run file's JSON Schema and the reference page of metrics.
// Runs on dist/, so build first. With --check it writes nothing and fails when a file is out of date.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requestRecordJsonSchema } from '../dist/results/request-record.js';
import { metricsPage } from '../dist/results/metrics-page.js';
import { runFileJsonSchema } from '../dist/results/run-schema.js';

const files = {
  'schemas/run.schema.json': `${JSON.stringify(runFileJsonSchema(), null, 2)}\n`,
  'schemas/request-record.schema.json': `${JSON.stringify(requestRecordJsonSchema(), null, 2)}\n`,
  'docs/reference/metrics.md': metricsPage(),
};

const check = process.argv.includes('--check');
for (const [name, text] of Object.entries(files)) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  if (!check) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
    process.stderr.write(`${name} is out of date: build, then run node scripts/generate-results-files.mjs\n`);
    process.exitCode = 1;
  }
}
