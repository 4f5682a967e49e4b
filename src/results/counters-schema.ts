/** How many requests of a target ended how, as the run file keeps it. */
import * as z from 'zod';

export const countersSchema = z.object({
  sent: z.int().nonnegative(),
  completed: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  incomplete: z.int().nonnegative().describe('In flight when the run ended; neither success nor failure'),
  cancelled: z
    .int()
    .nonnegative()
    .optional()
    .describe('Given up on purpose, as the plan said; neither success nor failure'),
  warmup: z.int().nonnegative().describe('Sent before measuring started; in no other figure'),
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  heldBack: z
    .int()
    .nonnegative()
    .optional()
    .describe(
      'Sent late because the limit of requests in flight was reached; absent where it was not counted',
    ),
  withoutUsage: z.int().nonnegative().describe('Completed requests whose answer reported no usage'),
  tokenized: z
    .int()
    .nonnegative()
    .optional()
    .describe('Completed requests whose output tokens the tokenizer counted'),
  plannedInputTokens: z
    .int()
    .nonnegative()
    .optional()
    .describe('Planned prompt tokens of the completed requests whose usage reported theirs'),
  reportedInputTokens: z.int().nonnegative().optional().describe('The prompt tokens that it reported'),
  offLength: z
    .int()
    .nonnegative()
    .optional()
    .describe(
      'Answers that were longer than planned by usage; where the plan forces a length, also shorter ones',
    ),
  chunkCounted: z
    .int()
    .nonnegative()
    .optional()
    .describe('Completed requests whose chunks stand for output tokens'),
  good: z
    .int()
    .nonnegative()
    .optional()
    .describe('Completed requests that met all conditions on single requests; absent without conditions'),
  empty: z
    .int()
    .nonnegative()
    .optional()
    .describe('Completed answers without any generated text, of endpoints that generate it'),
  items: z
    .number()
    .nonnegative()
    .optional()
    .describe('Answered items of endpoints whose answers are not counted in tokens; plan.items says which'),
  bytesReceived: z.int().nonnegative(),
});
