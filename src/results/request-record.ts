/**
 * One line of `--output requests=FILE`: everything that is known of one request. A file of them is a trace that
 * `fakeai replay` plays. `schemas/request-record.schema.json` is generated from the schema here.
 */
import * as z from 'zod';
import { ERROR_KINDS, type ErrorKind } from './error-kinds.js';
import { TOKEN_SOURCES } from './metrics.js';

const ms = (what: string) =>
  z.number().optional().describe(`${what}; milliseconds since the start of the run`);
const count = (what: string) => z.int().nonnegative().optional().describe(what);

export const requestRecordSchema = z
  .object({
    target: z.string().describe('Name of the target'),
    load: z.int().nonnegative().optional().describe('Number of the load in a series of several, from 0'),
    index: z.int().nonnegative().describe('Position in the plan; with turn it says which request this is'),
    turn: z.int().nonnegative().describe('Turn of its session, from 0'),
    warmup: z.literal(true).optional().describe('Sent before measuring began; in no figure of the run file'),
    outcome: z
      .enum(['completed', 'failed', 'incomplete', 'cancelled', 'repeated'])
      .describe(
        'repeated: an attempt that failed and was followed by another one, which has a line of its own',
      ),
    error: z.enum(Object.keys(ERROR_KINDS) as [ErrorKind, ...ErrorKind[]]).optional(),
    message: z.string().optional().describe('Of the error, shortened'),
    status: z.int().optional().describe('HTTP status; absent without a response'),
    at_ms: z.number().describe('When it was written; milliseconds since the start of the run'),
    intended_ms: ms('When it was meant to be sent; absent in closed loops'),
    connect_start_ms: ms('When its connection began to be opened; absent on a connection that was open'),
    connected_ms: ms('When that connection was open (TCP)'),
    secure_ms: ms('When its TLS handshake was done'),
    scheduled_ms: ms('Simulated requests: when a replica began to compute it'),
    first_byte_ms: ms('First byte of the response'),
    first_event_ms: ms('First event of a stream, or first data of another answer'),
    first_audio_ms: ms('First byte of sound, after the head of its file'),
    first_reasoning_ms: ms('First chunk of reasoning'),
    first_answer_ms: ms('First chunk that is not reasoning'),
    chunk_ms: z
      .array(z.number())
      .optional()
      .describe('Every event with generated text; milliseconds since the start of the run'),
    end_ms: z.number().describe('Last byte, failure, or when it was given up'),
    planned_input_tokens: z.int().nonnegative(),
    planned_output_tokens: z.int().nonnegative(),
    input_tokens: z.int().nonnegative().describe('As reported in usage, else as planned'),
    input_source: z.enum(['usage', 'planned']),
    output_tokens: z.int().nonnegative().describe('Of a request that did not complete: its chunks'),
    output_source: z
      .enum(TOKEN_SOURCES)
      .optional()
      .describe('Absent where nothing tells how long the answer is'),
    reasoning_tokens: count('Part of the output, as reported'),
    cached_tokens: count('Part of the input, as reported'),
    replica: count('Simulated requests: the replica that computed it last, from 0'),
    preemptions: count('Simulated requests: how often it lost its KV blocks and began anew'),
    items: z.number().optional().describe('Of endpoints whose answers are not counted in tokens'),
    bytes: z.int().nonnegative().describe('Of the body that came'),
  })
  .describe('One request of a run');

export type RequestRecord = z.output<typeof requestRecordSchema>;

/** The JSON Schema of a line. */
export function requestRecordJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(requestRecordSchema, { io: 'input', target: 'draft-2020-12' });
  return { $schema, title: 'fakeai request record', ...rest };
}
