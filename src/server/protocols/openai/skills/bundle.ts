/** What is uploaded as a skill: a folder of files or a ZIP archive, with a SKILL.md that says its name and what it is for. */
import { parse } from 'yaml';
import * as z from 'zod';
import { messageOf } from '../../../../lib/errors.js';
import { type ApiError, invalid, missing } from '../errors.js';
import type { Form } from '../multipart.js';
import { findInZip, isZip, zipOf } from './zip.js';

export interface Bundle {
  name: string;
  description: string;
  zip: Buffer;
}

const MAX_FILES = 500;
const MAX_MANIFEST_BYTES = 1024 * 1024;
/** At the top, or in the only folder there. */
const MANIFEST = /^(?:[^/]+\/)?SKILL\.md$/i;

const header = z.object({ name: z.string().min(1).max(200), description: z.string().min(1).max(4000) });

/**
 * Reads an upload.
 *
 * @throws ApiError 400 when it is no skill
 */
export function readBundle(form: Form): Bundle {
  const files = [...(form.files.get('files') ?? []), ...(form.files.get('files[]') ?? [])];
  if (files.length === 0) throw missing('files');
  if (files.length > MAX_FILES) throw bad(`a skill can have at most ${MAX_FILES} files`);
  const only = files.length === 1 ? files[0]!.bytes : undefined;
  const zip =
    only && isZip(only)
      ? only
      : zipOf(files.map(({ filename, bytes }) => ({ path: pathOf(filename), bytes })));
  return readArchive(zip, 'files');
}

/**
 * Reads an archive.
 *
 * @param param - where in the request it is
 * @throws ApiError 400 when it is no skill
 */
export function readArchive(zip: Buffer, param: string): Bundle {
  let manifest: Buffer | undefined;
  try {
    manifest = findInZip(zip, (path) => MANIFEST.test(path), MAX_MANIFEST_BYTES);
  } catch (error) {
    throw bad(`the ZIP archive cannot be read: ${messageOf(error)}`, param);
  }
  if (!manifest) throw bad('there is no SKILL.md at its top', param);
  return { ...readHeader(manifest.toString('utf8'), param), zip };
}

function pathOf(filename: string): string {
  const parts = filename.split('/');
  const isGood =
    parts.every((part) => part !== '' && part !== '.' && part !== '..') && !filename.includes('\\');
  if (isGood && filename.length <= 1000) return filename;
  throw bad(`'${filename.slice(0, 100)}' is not a relative path`);
}

function readHeader(text: string, param: string): z.output<typeof header> {
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text.replace(/^\uFEFF/, ''))?.[1];
  if (front === undefined) throw bad("SKILL.md does not begin with a header between two lines '---'", param);
  let found: unknown;
  try {
    found = parse(front, { maxAliasCount: 0 });
  } catch {
    throw bad('the header of SKILL.md is not valid YAML', param);
  }
  const read = header.safeParse(found);
  if (!read.success) throw bad("the header of SKILL.md must have a 'name' and a 'description'", param);
  return read.data;
}

const bad = (problem: string, param = 'files'): ApiError =>
  invalid(param, 'invalid_skill', `Invalid skill: ${problem}.`);
