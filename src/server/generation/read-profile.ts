/** A latency profile by name or from a file; docs/simulator/profiles.md describes the format. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { FakeaiError, messageOf } from '../../lib/errors.js';
import { profileByName } from '../../simulator/profile/catalogue.js';
import type { LatencyProfile } from '../../simulator/profile/profile.js';

const ascends = (values: readonly number[]): boolean =>
  values.every((value, i) => i === 0 || value > values[i - 1]!);
const quantiles = {
  at: z.array(z.number().gt(0).lt(1)).min(2).refine(ascends, 'must ascend'),
  ms: z.array(z.number().positive()).min(2).refine(ascends, 'must ascend'),
};
const load = { concurrency: z.number().nonnegative().optional(), perRequestShare: z.number().optional() };
const sameLength = ({ at, ms }: { at: unknown[]; ms: unknown[] }): boolean => at.length === ms.length;
const SAME_LENGTH = 'needs as many ms as at';

const profileSchema = z.object({
  format: z.literal('fakeai-profile-1'),
  name: z.string(),
  source: z.string(),
  ttft: z
    .object({
      ...quantiles,
      ...load,
      promptTokens: z.number().nonnegative().optional(),
      perPromptTokenMs: z.number().nonnegative().optional(),
    })
    .refine(sameLength, SAME_LENGTH),
  itl: z
    .object({
      ...quantiles,
      ...load,
      streamSigma: z.number().nonnegative().optional(),
      tokensPerChunk: z.int().min(1).max(1000).optional(),
    })
    .refine(sameLength, SAME_LENGTH)
    .optional(),
});

/**
 * Reads a profile.
 *
 * @param given - a name, or a path: what has a slash or ends in `.json`; undefined for none
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export async function readProfile(given: string | undefined): Promise<LatencyProfile | undefined> {
  if (given === undefined) return undefined;
  if (!/[/\\]|\.json$/i.test(given)) return profileByName(given);
  const refuse = (problem: string): FakeaiError<'FAKEAI_SETTING_INVALID'> =>
    new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: `profile ${given}`,
      problem,
      hint: 'docs/simulator/profiles.md describes the format.',
    });
  let content: unknown;
  try {
    content = JSON.parse(await readFile(given, 'utf8'));
  } catch (error) {
    throw refuse(`cannot be read: ${messageOf(error)}`);
  }
  const parsed = profileSchema.safeParse(content);
  if (parsed.success) return parsed.data as LatencyProfile;
  const [issue] = parsed.error.issues;
  throw refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not a profile'}`);
}
