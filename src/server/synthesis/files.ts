/** The content of files that nobody uploaded. */
import type { Random } from '../../lib/random.js';
import { prose } from '../../lib/text/prose.js';
import type { ServerContext } from '../context.js';
import { mediaWork } from '../media/media-pool.js';
import { variantOf, VIDEO_TYPES } from '../protocols/openai/videos/content.js';
import { zipOf } from '../protocols/openai/skills/zip.js';
import type { ApiRequest } from '../routing/api-request.js';
import type { Reply } from '../routing/reply.js';
import type { FileTemplate } from './templates.js';

const TEXT_TOKENS = 60;
const LINES = 3;

/** Answers with a file. */
export async function sendFile(
  context: ServerContext,
  kind: FileTemplate[1],
  random: Random,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const text = prose(random, TEXT_TOKENS).trim();
  switch (kind) {
    case 'video':
      return sendVideo(context, text, request, reply);
    case 'zip': {
      const skill = `---\nname: synthetic\ndescription: ${text.slice(0, 100)}\n---\n\n${text}\n`;
      return reply.bytes(
        zipOf([{ path: 'synthetic/SKILL.md', bytes: Buffer.from(skill) }]),
        'application/zip',
      );
    }
    case 'jsonl': {
      const lines = Array.from({ length: LINES }, (_, i) =>
        JSON.stringify({ custom_id: `request-${i + 1}`, text: prose(random, TEXT_TOKENS).trim() }),
      );
      return reply.bytes(Buffer.from(`${lines.join('\n')}\n`), 'application/octet-stream');
    }
    default:
      return reply.bytes(Buffer.from(`${text}\n`), 'application/octet-stream');
  }
}

/** The smallest and shortest one that OpenAI makes. */
async function sendVideo(
  { seed }: ServerContext,
  prompt: string,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const variant = variantOf(request);
  const shots = [{ prompt, seconds: 4, edits: [], characters: [] }];
  const plan = { seed, width: 720, height: 1280, shots };
  const bytes = await mediaWork<'video'>({ kind: 'video', variant, plan });
  reply.bytes(bytes, VIDEO_TYPES[variant]);
}
