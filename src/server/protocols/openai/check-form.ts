/** Holds forms against OpenAI's specification, as check-shape.ts does JSON: their values are texts and files. */
import { checkAll } from './check-all.js';
import { checkValue } from './check-shape.js';
import { requireModel } from './errors.js';
import { membersOf, nested, shapeOfMembers } from './flat-fields.js';
import type { Form } from './multipart.js';
import { formRootOf, rootOf, shapesOf } from './request-shapes.js';
import { FILE_PART } from './shape-fault.js';
import { tellsAll } from './words/family-words.js';

/** Places that are read by the operation alone, because more is taken there than the specification says. */
const EXCEPT: Readonly<Record<string, readonly string[]>> = {
  // Each model has its own, and those of others more than OpenAI's.
  createImageEdit: ['size', 'quality'],
  createImageVariation: ['size'],
  createVideo: ['seconds'],
  CreateVideoExtend: ['seconds'],
  // A text is as good as a file.
  addUploadPart: ['data'],
  // Its members are those of a session over a socket.
  'create-realtime-call': ['session'],
};

/** Texts that are taken from parts that are files too, as some clients send what is long. */
const TEXT_FILES: Readonly<Record<string, readonly string[]>> = {
  'create-realtime-call': ['sdp', 'session'],
};

/**
 * Checks a form.
 *
 * @throws ApiError 400 for the first thing that is wrong: a name that is not known, a value of another type, or beyond its bounds
 */
export function checkForm(operationId: string, form: Form): void {
  const roots = [formRootOf(operationId), rootOf(operationId)].filter((root) => root !== undefined);
  if (roots.length === 0) return;
  const members = membersOf(roots);
  const values = valuesOf(form, TEXT_FILES[operationId] ?? []);
  if (tellsAll(operationId)) {
    requireModel({ model: form.fields.get('model')?.[0] });
    // What they do not know they ignore.
    const { r } = shapesOf(roots[0]!)[0]!;
    return checkAll(nested(values, members, false), { ...shapeOfMembers(members), ...(r && { r }) });
  }
  const body = nested(values, members, true);
  checkValue(body, [shapeOfMembers(members)], new Set(EXCEPT[operationId]));
}

/** Texts and files by name, in the order of their kinds. */
function valuesOf(form: Form, asTexts: readonly string[]): [string, unknown[]][] {
  const files = [...form.files]
    .filter(([name]) => !asTexts.includes(name))
    .map(([name, all]): [string, unknown[]] => [name, all.map(() => FILE_PART)]);
  const texts = [...form.fields].map(([name, all]): [string, unknown[]] => [name, [...all]]);
  return [...texts, ...files];
}
