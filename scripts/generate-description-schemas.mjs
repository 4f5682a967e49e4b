// Writes the JSON Schemas of files that describe a GPU or the shape of a model, from src/simulator/.
// Runs on dist/, so build first. With --check it writes nothing and fails when a file is out of date.
import { architectureJsonSchema, gpuJsonSchema } from '../dist/simulator/description-schemas.js';
import { writeGenerated } from './lib/generated.mjs';

await writeGenerated(import.meta.url, {
  'schemas/gpu.schema.json': `${JSON.stringify(gpuJsonSchema(), null, 2)}\n`,
  'schemas/architecture.schema.json': `${JSON.stringify(architectureJsonSchema(), null, 2)}\n`,
});
