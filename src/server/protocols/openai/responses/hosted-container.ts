/** The container that a tool works in, and what it leaves there. */
import * as z from 'zod';
import {
  CONTAINER_FOLDER,
  type ContainerRecord,
  putContainerFile,
  useContainer,
} from '../containers/records.js';
import { ApiError, missing } from '../errors.js';
import { check } from '../validation.js';
import type { HostedAsk, PlanContext } from './hosted-plans.js';
import type { Item } from './items.js';
import { askServer } from './own-request.js';

const auto = z.looseObject({
  type: z.enum(['auto', 'container_auto']),
  file_ids: z.array(z.string()).max(50).nullish(),
});
const reference = z.looseObject({ type: z.literal('container_reference'), container_id: z.string().min(1) });
const asked = z.union([z.string().min(1), reference, auto]);

/** Of a container that is made what the endpoint takes too. */
const FIELDS = ['file_ids', 'memory_limit', 'network_policy', 'skills'];

/**
 * The container that a tool names; where it leaves that to the server, that of the conversation, or a new one.
 *
 * @param param - the member of the tool that names it
 * @throws ApiError 404 when there is none, 400 when it is expired
 */
export async function containerFor(
  { context, items }: PlanContext,
  { tool, at }: HostedAsk,
  param: 'container' | 'environment',
  name: string,
): Promise<ContainerRecord> {
  const where = `${at}.${param}`;
  if (tool[param] == null) throw missing(where);
  const wanted = readAsk(tool[param], where);
  if (typeof wanted === 'string') return useContainer(context, wanted, where);
  if (wanted.type === 'container_reference')
    return useContainer(context, wanted.container_id, `${where}.container_id`);
  const earlier = await earlierOf(context, items);
  if (earlier) return earlier;
  const fields = FIELDS.flatMap((field) => (wanted[field] == null ? [] : [[field, wanted[field]]]));
  const made = await askServer(context, '/containers', { name, ...Object.fromEntries(fields) }, where);
  return useContainer(context, (made as { id: string }).id, where);
}

function readAsk(value: unknown, where: string): z.output<typeof asked> {
  try {
    return check(asked, value);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, message, code, param } = error;
    throw new ApiError({ status, message, code, param: param ? `${where}.${param}` : where });
  }
}

/** The container that was used before, unless it is gone. */
async function earlierOf(
  context: PlanContext['context'],
  items: readonly Item[],
): Promise<ContainerRecord | undefined> {
  const ids = items.map(
    ({ container_id: id, environment }) =>
      id ?? (environment as { container_id?: unknown } | null | undefined)?.container_id,
  );
  const id = ids.findLast((one) => typeof one === 'string');
  if (typeof id !== 'string') return undefined;
  try {
    return await useContainer(context, id);
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** A file that a tool left, as an answer refers to it. */
export interface LeftFile {
  container: string;
  id: string;
  filename: string;
}

/** Keeps a file that a tool made. */
export async function leaveFile(
  { context }: PlanContext,
  container: string,
  filename: string,
  bytes: Buffer,
): Promise<LeftFile> {
  const { id } = await putContainerFile(context, container, filename, bytes, 'assistant');
  return { container, id, filename };
}

/** The link to a file as OpenAI's models write it. */
export const linkToFile = ({ filename }: LeftFile): string =>
  `[${filename}](sandbox:${CONTAINER_FOLDER}/${filename})`;

/** What the answer says of files. */
export const tellOf = (files: readonly LeftFile[]): string =>
  files.length === 0 ? '' : `You can download ${files.map(linkToFile).join(' and ')}.`;

/** References to files: to their links where the text has these, to its beginning otherwise, as of pictures that are shown with it. */
export const fileCitations = (files: readonly LeftFile[], text: string): object[] =>
  files.map(({ container, id, filename }) => {
    const link = `sandbox:${CONTAINER_FOLDER}/${filename}`;
    const start = text.indexOf(link);
    return {
      type: 'container_file_citation',
      container_id: container,
      file_id: id,
      filename,
      start_index: Math.max(start, 0),
      end_index: start < 0 ? 0 : start + link.length,
    };
  });
