/** Validates run files against the committed JSON Schema. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import type { RunFile } from '../../src/results/run-file.js';

const schema = JSON.parse(
  readFileSync(new URL('../../schemas/run.schema.json', import.meta.url), 'utf8'),
) as object;
const validate = new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(schema);

/** Parses a produced run file and fails the test unless it follows the schema. */
export function parseRunFile(text: string): RunFile {
  const value: unknown = JSON.parse(text);
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
  return value as RunFile;
}
