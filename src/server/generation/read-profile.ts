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
const sameLength = ({ at, ms }: { at: unknown[]; ms: unknown[] }): boolean => at.length === ms.length;
const SAME_LENGTH = 'needs as many ms as at';
const distribution = {
  ...quantiles,
  tail: z
    .strictObject({
      share: z.number().gt(0).lt(0.5),
      alpha: z.number().gt(1),
      mostMs: z.number().positive().optional(),
    })
    .optional(),
  perPromptTokenMs: z.number().nonnegative().optional(),
};
const dependent = z.strictObject(distribution).refine(sameLength, SAME_LENGTH);
const pace = { ...distribution, streamSigma: z.number().nonnegative().optional() };
const levelSchema = z.strictObject({
  inFlight: z.number().positive(),
  ttft: dependent,
  itl: z.strictObject(pace).refine(sameLength, SAME_LENGTH).optional(),
});
const factors = z.array(z.number().positive()).min(2);

const profileSchema = z.strictObject({
  format: z.literal('fakeai-profile-1'),
  name: z.string(),
  source: z.string(),
  origins: z
    .strictObject({
      ttft: z.string().optional(),
      itl: z.string().optional(),
      tail: z.string().optional(),
      promptLength: z.string().optional(),
      load: z.string().optional(),
    })
    .optional(),
  promptTokens: z.number().nonnegative().optional(),
  concurrency: z.number().positive().optional(),
  ttft: dependent,
  itl: z
    .strictObject({ ...pace, tokensPerChunk: z.number().min(1).max(1000).optional() })
    .refine(sameLength, SAME_LENGTH)
    .optional(),
  load: z
    .strictObject({
      inFlight: z.array(z.number().positive()).min(2).refine(ascends, 'must ascend'),
      ttft: factors,
      itl: factors,
    })
    .refine(
      ({ inFlight, ttft, itl }) => inFlight.length === ttft.length && inFlight.length === itl.length,
      'needs as many factors in ttft and itl as points in inFlight',
    )
    .optional(),
  levels: z
    .array(levelSchema)
    .min(1)
    .max(64)
    .refine((levels) => ascends(levels.map(({ inFlight }) => inFlight)), 'must ascend in inFlight')
    .refine(
      (levels) => new Set(levels.map(({ itl }) => itl !== undefined)).size === 1,
      'all or none need itl',
    )
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
  if (typeof content === 'object' && content !== null && 'schemaVersion' in content) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: `profile ${given}`,
      problem: 'is a run file',
      hint: `Make a profile of it with: fakeai calibrate ${given}`,
    });
  }
  const parsed = profileSchema.safeParse(content);
  if (parsed.success) return parsed.data as LatencyProfile;
  const [issue] = parsed.error.issues;
  throw refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not a profile'}`);
}
