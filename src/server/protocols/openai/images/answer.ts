/** Images made and sent: whole, as URLs, or as a stream with partial images. */
import { digestOfBytes } from '../../../../lib/digest.js';
import type { ServerContext } from '../../../context.js';
import { jsonWithTexts, LONG_TEXT } from '../../../json.js';
import { keepMadeFile } from '../../../media/made-files.js';
import { mediaWork } from '../../../media/media-pool.js';
import type { ImageTask } from '../../../media/tasks.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { EventStream } from '../../../routing/event-stream.js';
import type { Reply } from '../../../routing/reply.js';
import { mediaScript } from '../../../text/media-fixtures.js';
import { Steps } from '../steps.js';
import { type Work, workDone } from '../work.js';
import type { ImageRequest } from './request.js';
import { familyOf, IMAGE_STEPS, imageTokens } from './sizes.js';

/** What images are made from. */
export interface ImageSource {
  /** First part of the names of events. */
  kind: 'image_generation' | 'image_edit';
  base?: ImageTask['base'];
  /** Tokens of the images that were sent. */
  imageTokens: number;
}

/** An image under way. */
interface Making {
  context: ServerContext;
  asked: ImageRequest;
  source: ImageSource;
  /** With a prompt of its own where the request has none: the picture that was sent. */
  prompt: string;
}

/** Makes what was asked for and sends it. */
export async function answerImages(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
  asked: ImageRequest,
  source: ImageSource,
): Promise<void> {
  const { pace } = mediaScript(context, request, {
    endpoint: 'images',
    model: asked.model.id,
    text: asked.prompt,
  });
  const textTokens = context.counter.count(asked.prompt);
  const stepsEach = IMAGE_STEPS[asked.quality] ?? 30;
  const prompt = asked.prompt === '' ? digestText(source) : asked.prompt;
  const making = { context, asked, source, prompt };
  const usage = usageOf(asked, textTokens, source.imageTokens);
  const work: Work = {
    model: asked.model.id,
    texts: [prompt, asked.quality, String(asked.count)],
    promptTokens: textTokens + source.imageTokens,
    steps: stepsEach * asked.count,
    endpoint: 'images',
    pace,
  };
  if (asked.stream) {
    await stream(making, reply, work, usage);
    return;
  }
  // Each is put into text when it comes: all of them at once would hold up whoever else is served.
  const shownImage = async (index: number): Promise<ShownImage> =>
    shown(making, await imageFile(making, index, 1), originOf(request));
  const images = Array.from({ length: asked.count }, (_, index) => shownImage(index));
  const [shownImages] = await Promise.all([Promise.all(images), workDone(context, reply, work)]);
  const data = shownImages.map(({ item }) => item);
  const created = Math.floor(context.clock.wallMs() / 1000);
  book(making, usage);
  const body = { created, ...(described(asked) && { ...descriptionOf(asked), usage }), data };
  reply.jsonText(
    jsonWithTexts(
      body,
      shownImages.flatMap(({ text }) => text ?? []),
    ),
  );
}

/** A text that stands for the picture that was sent. */
function digestText({ base }: ImageSource): string {
  const { high, low } = digestOfBytes(base?.bytes ?? new Uint8Array());
  return `${high} ${low}`;
}

const imageFile = (
  { context, asked, source, prompt }: Making,
  index: number,
  progress: number,
): Promise<Uint8Array> =>
  mediaWork<'image'>({
    kind: 'image',
    drawing: {
      seed: context.seed,
      prompt,
      index,
      ...asked.size,
      vivid: asked.vivid,
      transparent: asked.background === 'transparent',
      progress,
    },
    format: asked.format,
    quality: asked.compression,
    background: asked.background,
    ...(source.base ? { base: source.base } : {}),
  });

/** Where the client reached us. */
const originOf = (request: ApiRequest): string => `http://${request.header('host') ?? 'localhost'}`;

const EXTENSIONS = { png: 'png', jpeg: 'jpg', webp: 'webp' } as const;

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** An item of `data`, and the long text in it. */
interface ShownImage {
  item: object;
  text?: string;
}

async function shown({ context, asked }: Making, bytes: Uint8Array, origin: string): Promise<ShownImage> {
  const revised = familyOf(asked.model) === 'dall-e-3' ? { revised_prompt: revisedPrompt(asked) } : {};
  if (asked.as === 'b64_json') return { item: { ...revised, b64_json: LONG_TEXT }, text: base64(bytes) };
  const id = await keepMadeFile(context, bytes, `image/${asked.format}`);
  return { item: { ...revised, url: `${origin}/images/${id}.${EXTENSIONS[asked.format]}` } };
}

const revisedPrompt = ({ prompt, vivid }: ImageRequest): string =>
  `${prompt.replace(/[.\s]+$/, '')}, in ${vivid ? 'vivid colours and dramatic light' : 'natural colours and soft light'}.`;

/** Whether answers say how the images were made. */
const described = ({ model }: ImageRequest): boolean => !familyOf(model).startsWith('dall-e');

const descriptionOf = ({ background, format, quality, size }: ImageRequest) => ({
  background: background === 'transparent' ? 'transparent' : 'opaque',
  output_format: format,
  quality,
  size: `${size.width}x${size.height}`,
});

function usageOf({ model, size, quality, count }: ImageRequest, textTokens: number, imageInput: number) {
  const output = imageTokens(model, size, quality) * count;
  return {
    input_tokens: textTokens + imageInput,
    input_tokens_details: { text_tokens: textTokens, image_tokens: imageInput },
    output_tokens: output,
    output_tokens_details: { text_tokens: 0, image_tokens: output },
    total_tokens: textTokens + imageInput + output,
  };
}

type ImageUsage = ReturnType<typeof usageOf>;

/** What the end of a stream says of it: less than a whole answer. */
const eventUsage = ({ output_tokens_details: _details, ...usage }: ImageUsage) => usage;

/** Sends partial images as the work comes to them, each with more of the picture, and at last the images. */
async function stream(making: Making, reply: Reply, work: Work, usage: ImageUsage): Promise<void> {
  const { asked } = making;
  const steps = new Steps();
  const done = workDone(making.context, reply, work, (count) => steps.advance(count));
  const each = work.steps / asked.count;
  let events: EventStream | undefined;
  for (let index = 0; index < asked.count; index++) {
    for (let part = 1; part <= asked.partialImages + 1; part++) {
      const share = part / (asked.partialImages + 1);
      const reached = Promise.race([steps.at(Math.ceil((index + share) * each)), done]);
      const [bytes] = await Promise.all([imageFile(making, index, share), reached]);
      events ??= reply.events();
      const last = part > asked.partialImages;
      const type = `${making.source.kind}.${last ? 'completed' : 'partial_image'}`;
      const createdAt = Math.floor(making.context.clock.wallMs() / 1000);
      const details = { ...descriptionOf(asked), created_at: createdAt, b64_json: LONG_TEXT };
      const own = last ? { usage: eventUsage(usage) } : { partial_image_index: part - 1 };
      await events.ready();
      events.raw(jsonWithTexts({ type, ...details, ...own }, [base64(bytes)]), type);
    }
  }
  await done;
  book(making, usage);
  events?.end();
}

/** Only models whose answers say what they used have used something. */
function book({ context, asked }: Making, usage: ImageUsage): void {
  if (!described(asked)) return;
  const { input_tokens: promptTokens, output_tokens: completionTokens } = usage;
  context.account({
    model: asked.model.id,
    promptTokens,
    cachedTokens: 0,
    completionTokens,
    endpoint: 'images',
  });
}
