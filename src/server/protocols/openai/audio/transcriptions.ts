/** `/audio/transcriptions` and `/audio/translations` */
import { transcribe, type Transcript, translate } from '../../../../simulator/speech/transcript.js';
import type { ServerContext } from '../../../context.js';
import type { OwnPace } from '../../../generation/own-pace.js';
import type { ApiRequest } from '../../../routing/api-request.js';
import type { Reply } from '../../../routing/reply.js';
import { mediaScript } from '../../../text/media-fixtures.js';
import { invalid } from '../errors.js';
import { Steps } from '../steps.js';
import { type Work, workDone } from '../work.js';
import {
  audioTokens,
  diarizedSegments,
  durationUsage,
  logprobsOf,
  srtOf,
  tokenUsage,
  verboseJson,
  vttOf,
} from './transcript-formats.js';
import { isWhisper } from './transcribing-models.js';
import { readTranscription, type TranscriptionRequest } from './transcription-request.js';

/** A transcription under way. */
interface Job {
  context: ServerContext;
  asked: TranscriptionRequest;
  transcript: Transcript;
  promptTokens: number;
  outputTokens: number;
  /** How long it takes, where a fixture says so. */
  pace: OwnPace | undefined;
}

/** Transcribes a recording. */
export async function createTranscription(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const asked = await readTranscription('createTranscription', context, request);
  const job = jobOf(context, request, asked, transcribe);
  if (job.asked.stream) await stream(job, reply);
  else await whole(job, reply, 'transcribe');
}

/** Translates a recording into English. */
export async function createTranslation(
  context: ServerContext,
  request: ApiRequest,
  reply: Reply,
): Promise<void> {
  const asked = await readTranscription('createTranslation', context, request);
  if (asked.format === 'diarized_json')
    throw invalid('response_format', 'unsupported_value', 'Translations cannot tell speakers apart.');
  await whole(jobOf(context, request, asked, translate), reply, 'translate');
}

function jobOf(
  context: ServerContext,
  request: ApiRequest,
  asked: TranscriptionRequest,
  heard: typeof transcribe,
): Job {
  const { audio, digest, language, spellings, silences, model, prompt, file } = asked;
  const { durationS, text } = audio;
  const recording = { seed: context.seed, digest, durationS, text, language, spellings, silences };
  const script = mediaScript(context, request, {
    endpoint: 'transcriptions',
    model: model.id,
    text: prompt,
    file,
  });
  const transcript =
    script.text === undefined
      ? heard(recording)
      : transcribe({ ...recording, text: script.text, spellings: [] });
  return {
    context,
    asked,
    transcript,
    promptTokens: context.counter.count([asked.prompt, ...asked.keywords].join(' ').trim()),
    outputTokens: context.counter.count(transcript.text),
    pace: script.pace,
  };
}

const workOf = ({ asked, transcript, promptTokens, outputTokens, pace }: Job): Work => ({
  model: asked.model.id,
  texts: [String(asked.digest.high), String(asked.digest.low), asked.prompt],
  promptTokens: promptTokens + audioTokens(transcript.durationS),
  steps: outputTokens,
  endpoint: 'audios',
  pace,
});

/** Books what a transcript used. */
function account({ context, asked, transcript, promptTokens, outputTokens }: Job): void {
  const prompt = promptTokens + audioTokens(transcript.durationS);
  context.account({
    model: asked.model.id,
    promptTokens: prompt,
    cachedTokens: 0,
    completionTokens: outputTokens,
    endpoint: 'audios',
  });
}

async function whole(job: Job, reply: Reply, task: 'transcribe' | 'translate'): Promise<void> {
  const { context, asked, transcript } = job;
  await workDone(context, reply, workOf(job));
  account(job);
  const { tokenizer } = context.counter;
  switch (asked.format) {
    case 'text':
      return reply.text(`${transcript.text}\n`);
    case 'srt':
      return reply.text(srtOf(transcript), 'text/plain; charset=utf-8');
    case 'vtt':
      return reply.text(vttOf(transcript), 'text/vtt; charset=utf-8');
    case 'verbose_json':
      return reply.json(verboseJson(transcript, asked, task, tokenizer));
    case 'diarized_json':
      return reply.json({
        task,
        duration: transcript.durationS,
        text: transcript.text,
        segments: diarizedSegments(transcript, asked),
        usage: usageOf(job),
      });
    case 'json':
      return reply.json({
        text: transcript.text,
        ...(asked.logprobs && { logprobs: logprobsOf(transcript.text, asked, tokenizer) }),
        ...(task === 'transcribe' && { usage: usageOf(job) }),
      });
  }
}

const usageOf = ({ asked, transcript, promptTokens, outputTokens }: Job) =>
  isWhisper(asked.model) ? durationUsage(transcript) : tokenUsage(transcript, promptTokens, outputTokens);

/** Sends each word as the model comes to it, segments when they are complete, and the whole text at last. */
async function stream(job: Job, reply: Reply): Promise<void> {
  const { context, asked, transcript } = job;
  const { counter } = context;
  const steps = new Steps();
  const done = workDone(context, reply, workOf(job), (count) => steps.advance(count));
  await Promise.race([steps.at(1), done]);
  const events = reply.events();
  const diarized = asked.format === 'diarized_json' ? diarizedSegments(transcript, asked) : [];
  let tokens = 0;
  let first = true;
  for (const [index, segment] of transcript.segments.entries()) {
    const id = diarized[index]?.id;
    for (const { word } of segment.words) {
      const delta = first ? word : ` ${word}`;
      first = false;
      tokens += counter.count(delta);
      await Promise.race([steps.at(tokens), done]);
      await events.ready();
      events.send({
        type: 'transcript.text.delta',
        delta,
        ...(asked.logprobs && { logprobs: logprobsOf(delta, asked, counter.tokenizer) }),
        ...(id !== undefined && { segment_id: id }),
      });
    }
    if (diarized[index]) events.send(diarized[index]);
  }
  await done;
  account(job);
  events.send({
    type: 'transcript.text.done',
    text: transcript.segments.map(({ text }) => text).join(' '),
    ...(asked.logprobs && { logprobs: logprobsOf(transcript.text, asked, counter.tokenizer) }),
    usage: usageOf(job),
  });
  events.end();
}
