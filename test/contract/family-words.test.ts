/** What families of OpenAI's operations refuse in words of their own, as they were seen to say it. */
import { describe, expect, it } from 'vitest';
import { silentWav } from '../support/audio-files.js';
import { useServer } from '../support/use-server.js';

const used = useServer({ model: [], threads: 1, bodyLimit: 32 * 1024 * 1024 });

interface Refusal {
  status: number;
  error: { message: string; type: string; param: string | null; code: string | null };
  usage?: object;
}

async function send(path: string, body?: object): Promise<Refusal> {
  const isForm = body instanceof FormData;
  const response = await fetch(`${used.server.url}/v1${path}`, {
    ...(body && { method: 'POST', body: isForm ? body : JSON.stringify(body) }),
  });
  return { status: response.status, ...((await response.json()) as Omit<Refusal, 'status'>) };
}

const invalid = (message: string, param: string | null = null, code: string | null = null) => ({
  status: 400,
  error: { message, type: 'invalid_request_error', param, code },
});

const NINE = "'nova', 'shimmer', 'echo', 'onyx', 'fable', 'alloy', 'ash', 'sage' or 'coral'";
const MODELS = 'you must provide a model parameter';

describe('speech', () => {
  const speech = { model: 'tts-1', voice: 'alloy', input: 'Hi' };
  it.each<[string, object, object]>([
    ['no model', { model: undefined }, invalid(MODELS)],
    ['no input', { input: undefined }, invalid("[{'type': 'missing', 'loc': ('body', 'input'), 'msg': 'Field required'}]")],
    ['neither input nor voice', { input: undefined, voice: undefined }, invalid("[{'type': 'missing', 'loc': ('body', 'input'), 'msg': 'Field required'}, {'type': 'missing', 'loc': ('body', 'voice'), 'msg': 'Field required'}]")],
    ['input that is a number', { input: 5 }, invalid("[{'type': 'string_type', 'loc': ('body', 'input'), 'msg': 'Input should be a valid string'}]")],
    ['nothing to say', { input: '' }, invalid("[{'type': 'string_too_short', 'loc': ('body', 'input'), 'msg': 'String should have at least 1 character', 'ctx': {'min_length': 1}}]")],
    ['a long input', { input: 'a'.repeat(4097) }, invalid("[{'type': 'string_too_long', 'loc': ('body', 'input'), 'msg': 'String should have at most 4096 characters', 'ctx': {'max_length': 4096}}]")],
    ['speech too fast', { speed: 5 }, invalid("[{'type': 'less_than_equal', 'loc': ('body', 'speed'), 'msg': 'Input should be less than or equal to 4', 'ctx': {'le': 4.0}}]")],
    ['speech too slow', { speed: 0.1 }, invalid("[{'type': 'greater_than_equal', 'loc': ('body', 'speed'), 'msg': 'Input should be greater than or equal to 0.25', 'ctx': {'ge': 0.25}}]")],
    ['a voice of newer models', { voice: 'ballad' }, invalid(`[{'type': 'enum', 'loc': ('body', 'voice'), 'msg': "Input should be ${NINE}", 'ctx': {'expected': "${NINE}"}}]`)],
    ['a voice that nobody has', { model: 'gpt-4o-mini-tts', voice: 'Verse' }, invalid("Invalid value: 'Verse'. Supported values are: 'alloy', 'echo', 'fable', 'onyx', 'nova', 'shimmer', 'coral', 'verse', 'ballad', 'ash', 'sage', 'marin', and 'cedar'.", 'voice', 'invalid_value')],
    ['a format that is none', { response_format: 'midi' }, invalid('Invalid response_format.', 'response_format', 'unsupported_value')],
    ['instructions that are a number', { instructions: 5 }, invalid("Invalid type for 'instructions': expected a string, but got an integer instead.", 'instructions', 'invalid_type')],
    ['a model that is a number', { model: 5 }, { status: 400, error: { message: expect.stringMatching(/^We could not parse the JSON body/) as string, param: null, code: null } }],
  ])('is not of %s', async (_, change, refusal) => {
    expect(await send('/audio/speech', { ...speech, ...change })).toMatchObject(refusal);
  }); // prettier-ignore
});

describe('transcriptions', () => {
  const second = silentWav(1);
  async function transcribe(fields: Record<string, string>, name = 'a.wav', bytes: Buffer | undefined = second): Promise<Refusal> {
    const form = new FormData();
    for (const [key, value] of Object.entries({ model: 'whisper-1', ...fields })) form.set(key, value);
    if (name !== '') form.set('file', new File([new Uint8Array(bytes)], name));
    return send('/audio/transcriptions', form);
  } // prettier-ignore
  const text = Buffer.from('what is this');
  const nothingHeard = { usage: { type: 'duration', seconds: 0 } };
  const WHISPER =
    "Invalid file format. Supported formats: ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm']";
  const GPT = { model: 'gpt-4o-transcribe' };

  it.each<[string, () => Promise<Refusal>, object]>([
    ['no file', () => transcribe({}, ''), invalid("[{'type': 'missing', 'loc': ('body', 'file'), 'msg': 'Field required', 'input': None}]")],
    ['a file whose name has another ending, for Whisper', () => transcribe({}, 'a.bin'), { ...invalid(WHISPER), ...nothingHeard }],
    ['a file whose name has another ending', () => transcribe(GPT, 'a.bin'), invalid('Unsupported file format bin', 'file', 'unsupported_value')],
    ['what is no sound, for Whisper', () => transcribe({}, 'a.mp3', text), { ...invalid('The audio file could not be decoded or its format is not supported.'), ...nothingHeard }],
    ['what is no sound', () => transcribe(GPT, 'a.mp3', text), invalid('Audio file might be corrupted or unsupported', 'file', 'invalid_value')],
    ['a format that a model does not have', () => transcribe({ model: 'gpt-4o-mini-transcribe', response_format: 'verbose_json' }), invalid("response_format 'verbose_json' is not compatible with model 'gpt-4o-mini-transcribe-api-ev3'. Use 'json' or 'text' instead.", 'response_format', 'unsupported_value')],
    ['times of letters', () => transcribe({ 'timestamp_granularities[]': 'word,segments' }), invalid(`[{'type': 'enum', 'loc': ('body', 'timestamp_granularities[]', 0), 'msg': "Input should be 'segment' or 'word'", 'ctx': {'expected': "'segment' or 'word'"}}]`)],
    ['a prompt for who tells speakers apart', () => transcribe({ model: 'gpt-4o-transcribe-diarize', prompt: 'x' }), invalid('Prompt is not supported for diarization models', 'prompt', 'invalid_value')],
    ['much at once for who tells speakers apart', () => transcribe({ model: 'gpt-4o-transcribe-diarize' }, 'a.wav', silentWav(31)), invalid('chunking_strategy is required for diarization models', 'chunking_strategy', 'invalid_value')],
    ['more than a model hears', () => transcribe(GPT, 'a.wav', silentWav(1500)), invalid('audio duration 1500.0 seconds is longer than 1400 seconds which is the maximum for this model', null, 'invalid_value')],
  ])('are not of %s', async (_, ask, refusal) => {
    expect(await ask()).toEqual(refusal);
  }); // prettier-ignore

  it('are of 25 MiB at most, with all of the form', async () => {
    const { status, error, ...beside } = await transcribe({}, 'a.wav', Buffer.alloc(25 * 1024 * 1024));
    expect([status, error.type, error.param, error.code]).toEqual([413, 'server_error', null, null]);
    expect(error.message).toMatch(/^413: Maximum content size limit \(26214400\) exceeded \(2621\d{4} bytes read\)$/);
    expect(beside).toEqual(nothingHeard);
  }); // prettier-ignore

  it('of models of others need no name', async () => {
    expect(await transcribe({ model: 'fakeai-1' }, 'recording')).toMatchObject({ status: 200 });
  });
});

it('moderations relay what their validator says, and name a model that is none of theirs', async () => {
  expect(await send('/moderations', {})).toEqual(invalid("[{'type': 'missing', 'loc': ('body', 'input'), 'msg': 'Field required'}]"));
  expect(await send('/moderations', { input: 'x', model: 'text-davinci-003' })).toEqual(
    invalid("Invalid value for 'model' = text-davinci-003. Please check the OpenAI documentation and try again.", 'model'),
  );
}); // prettier-ignore

describe('embeddings', () => {
  it.each<[object, object]>([
    [{}, invalid('Please submit an `input`.')],
    [{ input: null }, invalid('Please submit an `input`.')],
    [{ input: { text: 'x' } }, invalid("Invalid 'input': expected a string or token array.")],
    [{ input: 'x', dimensions: 'abc' }, invalid("'abc' is not of type 'integer' - 'dimensions'")],
    [
      { input: ['x', 'word '.repeat(8193)] },
      invalid("Invalid 'input[1]': maximum input length is 8192 tokens."),
    ],
  ])('refuse %j', async (body, refusal) => {
    expect(await send('/embeddings', { model: 'text-embedding-3-small', ...body })).toEqual(refusal);
  });
});

describe('files and uploads', () => {
  const upload = { filename: 'a.txt', purpose: 'assistants', bytes: 3, mime_type: 'text/plain' };
  const purposes = "['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals'] - 'purpose'";
  it.each<[string, () => Promise<Refusal>, object]>([
    ['bytes that are text', () => send('/uploads', { ...upload, bytes: 'abc' }), invalid("'abc' is not of type 'integer' - 'bytes'")],
    ['another purpose', () => send('/uploads', { ...upload, purpose: 'bogus' }), invalid(`'bogus' is not one of ${purposes}`, 'purpose')],
    ['no purpose', () => send('/uploads', { ...upload, purpose: undefined }), invalid("'purpose' is a required property")],
    ['a page of nothing', () => send('/files?limit=0'), invalid('0 is less than the minimum of 1')],
  ])('are not of %s', async (_, ask, refusal) => {
    expect(await ask()).toEqual(refusal);
  }); // prettier-ignore
});
