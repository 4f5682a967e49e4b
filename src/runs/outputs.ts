/** Where results go: `--output KIND=PATH`. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FakeaiError, messageOf } from '../lib/errors.js';
import { writeRunFile } from '../results/write-run-file.js';
import type { RunFile } from '../results/run-file.js';

/** How to write each kind of output. */
const WRITERS = {
  json: writeRunFile,
} satisfies Record<string, (path: string, run: RunFile) => Promise<void>>;

export interface Output {
  kind: keyof typeof WRITERS;
  path: string;
}

/** Parses `--output` values; refuses unknown kinds and folders that cannot be written to, before any load is sent. */
export async function parseOutputs(texts: string[]): Promise<Output[]> {
  const outputs = texts.map(parseOutput);
  for (const { path } of outputs) {
    await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
      throw new FakeaiError('FAKEAI_FILE_UNWRITABLE', { path, problem: messageOf(cause) }, { cause });
    });
  }
  return outputs;
}

function parseOutput(text: string): Output {
  const at = text.indexOf('=');
  const kind = text.slice(0, at);
  if (!Object.hasOwn(WRITERS, kind)) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: `--output ${text}`,
      problem: `"${kind}" is not a kind of output`,
      hint: `Known kinds: ${Object.keys(WRITERS).join(', ')}.`,
    });
  }
  return { kind: kind as Output['kind'], path: text.slice(at + 1) };
}

/** Writes a run to each output in turn. */
export async function writeOutputs(outputs: Output[], run: RunFile): Promise<void> {
  for (const { kind, path } of outputs) await WRITERS[kind](path, run);
}
