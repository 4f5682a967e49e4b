// Writes the files that are made from src/config/: the JSON Schema of the configuration file and its reference page.
// Runs on dist/, so build first. With --check it writes nothing and fails when a file is out of date.
import { configJsonSchema } from '../dist/config/json-schema.js';
import { configReference } from '../dist/config/reference.js';
import { writeGenerated } from './lib/generated.mjs';

await writeGenerated(import.meta.url, {
  'schemas/config.schema.json': `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  'docs/reference/configuration.md': configReference(),
});
