/**
 * Profiles that come with fakeai. Times to the first token were computed from public snapshots of 2024: they show the shape of
 * such distributions, which lasts, rather than today's levels, which do not. Neither set has times between tokens.
 */
import { closest } from 'fastest-levenshtein';
import { FakeaiError } from '../../lib/errors.js';
import type { LatencyProfile } from './profile.js';

const FASTEST = 'thefastest.ai snapshots from May 2024, about 95 samples per model from three regions';
const LLMPERF = 'llmperf-leaderboard raw data, January 2024, 150 requests of 550 prompt tokens each';

const profile = (
  name: string,
  source: string,
  at: readonly number[],
  seconds: readonly number[],
  promptTokens?: number,
): LatencyProfile => ({
  format: 'fakeai-profile-1',
  name,
  source,
  ttft: {
    at,
    ms: seconds.map((s) => Math.round(s * 1000)),
    ...(promptTokens !== undefined && { promptTokens }),
  },
});

const snapshot = (name: string, p5: number, p50: number, p95: number): LatencyProfile =>
  profile(name, FASTEST, [0.05, 0.5, 0.95], [p5, p50, p95]);
const llama70b = (provider: string, p50: number, p95: number): LatencyProfile =>
  profile(`${provider}-llama-2-70b`, LLMPERF, [0.5, 0.95], [p50, p95], 550);

/** All of them. */
export const PROFILES: readonly LatencyProfile[] = [
  snapshot('openai-gpt-4-turbo', 0.42, 0.58, 1.03),
  snapshot('openai-gpt-3.5-turbo', 0.29, 0.46, 1.05),
  snapshot('anthropic-claude-3-opus', 0.86, 1.15, 1.46),
  snapshot('anthropic-claude-3-sonnet', 0.5, 0.68, 1.34),
  snapshot('anthropic-claude-3-haiku', 0.27, 0.36, 1.11),
  snapshot('google-gemini-pro', 0.88, 1.03, 1.56),
  snapshot('cohere-command', 0.11, 0.18, 0.75),
  snapshot('fireworks-llama-3', 0.13, 0.21, 0.92),
  llama70b('anyscale', 0.21, 0.36),
  llama70b('bedrock', 0.39, 0.54),
  llama70b('fireworks', 0.52, 0.79),
  llama70b('groq', 0.22, 0.3),
  llama70b('perplexity', 0.37, 0.63),
  llama70b('together', 0.64, 0.77),
  llama70b('lepton', 0.93, 1.01),
];

/** Of a model that is not named otherwise: the first pattern that its id matches. */
const BY_MODEL: readonly (readonly [RegExp, string])[] = [
  [/opus/i, 'anthropic-claude-3-opus'],
  [/haiku/i, 'anthropic-claude-3-haiku'],
  [/claude/i, 'anthropic-claude-3-sonnet'],
  [/gemini/i, 'google-gemini-pro'],
  [/command/i, 'cohere-command'],
  [/gpt-3\.5|mini|nano/i, 'openai-gpt-3.5-turbo'],
  [/gpt-oss/i, 'fireworks-llama-3'],
  [/gpt|^o\d/i, 'openai-gpt-4-turbo'],
];

/** The profile of the kind of service that a vendor offers the model with; for open weights one of a fast host. */
export const profileForModel = (model: string): LatencyProfile => {
  const name = BY_MODEL.find(([pattern]) => pattern.test(model))?.[1] ?? 'fireworks-llama-3';
  return PROFILES.find((known) => known.name === name)!;
};

/**
 * A profile by its name.
 *
 * @throws FakeaiError FAKEAI_SETTING_INVALID for an unknown one
 */
export function profileByName(name: string): LatencyProfile {
  const found = PROFILES.find((known) => known.name === name);
  if (found) return found;
  const names = PROFILES.map((known) => known.name);
  throw new FakeaiError('FAKEAI_SETTING_INVALID', {
    where: 'profile',
    problem: `"${name}" is neither a file (a path with a slash, or ending in .json) nor a profile that comes with fakeai`,
    hint: `Did you mean ${closest(name, names)}? Known: ${names.join(', ')}.`,
  });
}
