/** Token-length distributions: the text that people write, the value, and its samples. */
import { FakeaiError } from '../lib/errors.js';
import type { Random } from '../lib/random.js';
import type { LengthDistribution } from './plan.js';

/** The longest prompt or answer that can be asked for, in tokens; samples are cut here. */
export const MAX_TOKENS = 10_000_000;

const MAX_SIGMA = 10;
const HINT =
  'Give a number such as 550, or uniform(a,b), normal(mean,sd), lognormal(median,sigma) or file:PATH with one length per line.';

const fail = (where: string, problem: string): never => {
  throw new FakeaiError('FAKEAI_SETTING_INVALID', { where, problem, hint: HINT });
};

/** Long input is user input too: quote only its beginning. */
const quote = (text: string): string => `'${text.length > 40 ? `${text.slice(0, 40)}…` : text}'`;

const parseNumber = (text: string, name: string, where: string): number => {
  if (!/^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    return fail(where, `${name} must be a number, not ${quote(text)}`);
  return Number(text);
};

const inRange = (value: number, name: string, min: number, max: number, where: string): number =>
  value >= min && value <= max ? value : fail(where, `${name} must be from ${min} to ${max}, not ${value}`);

const tokens = (text: string, name: string, where: string): number => {
  const value = inRange(parseNumber(text, name, where), name, 1, MAX_TOKENS, where);
  return Number.isInteger(value)
    ? value
    : fail(where, `${name} must be a whole number of tokens, not ${text}`);
};

const PARSERS: Record<
  string,
  { names: string; parse: (a: string, b: string, where: string) => LengthDistribution }
> = {
  uniform: {
    names: 'a,b',
    parse: (a, b, where) => {
      const [min, max] = [tokens(a, 'a', where), tokens(b, 'b', where)];
      if (min > max) fail(where, `uniform(a,b) needs a no larger than b, not ${min} and ${max}`);
      return { kind: 'uniform', min, max };
    },
  },
  normal: {
    names: 'mean,sd',
    parse: (mean, sd, where) => ({
      kind: 'normal',
      mean: inRange(parseNumber(mean, 'mean', where), 'mean', 1, MAX_TOKENS, where),
      standardDeviation: inRange(parseNumber(sd, 'sd', where), 'sd', 0, MAX_TOKENS, where),
    }),
  },
  lognormal: {
    names: 'median,sigma',
    parse: (median, sigma, where) => ({
      kind: 'lognormal',
      median: inRange(parseNumber(median, 'median', where), 'median', 1, MAX_TOKENS, where),
      sigma: inRange(parseNumber(sigma, 'sigma', where), 'sigma', 0, MAX_SIGMA, where),
    }),
  },
};

/**
 * Reads a length as people write it: `550`, `uniform(100,200)`, `normal(550,50)`, `lognormal(400,0.7)`. Case and white
 * space do not matter.
 *
 * @param text - the value
 * @param where - what to call the setting in an error, such as `--input-tokens`
 * @throws FakeaiError FAKEAI_SETTING_INVALID
 */
export function parseLength(text: string, where: string): LengthDistribution {
  const trimmed = text.trim().toLowerCase();
  const call = /^([a-z]+)\s*\(([^()]*)\)$/.exec(trimmed);
  if (!call) {
    if (!/^[+.\d]/.test(trimmed)) return fail(where, `${quote(text)} is not a length`);
    return { kind: 'fixed', value: tokens(trimmed, 'a length', where) };
  }
  const [, name = '', inside = ''] = call;
  const parser = Object.hasOwn(PARSERS, name) ? PARSERS[name] : undefined;
  if (!parser) return fail(where, `${quote(name)} is not a known distribution`);
  const values = inside.split(',').map((value) => value.trim());
  const [a, b] = values;
  if (a === undefined || b === undefined || values.length !== 2) {
    return fail(where, `${name}(${parser.names}) takes 2 numbers, not ${values.length}`);
  }
  return parser.parse(a, b, where);
}

/** A length as people write it; {@link parseLength} reads it back to the same value, unless it names a file. */
export function formatLength(distribution: LengthDistribution): string {
  switch (distribution.kind) {
    case 'fixed':
      return String(distribution.value);
    case 'uniform':
      return `uniform(${distribution.min},${distribution.max})`;
    case 'normal':
      return `normal(${distribution.mean},${distribution.standardDeviation})`;
    case 'empirical':
      return `file:${distribution.path}`;
    default:
      return `lognormal(${distribution.median},${distribution.sigma})`;
  }
}

/**
 * One length in tokens: rounded, never below 1 nor above {@link MAX_TOKENS}. Cutting at 1 shifts the mean of a normal
 * distribution whose deviation is not small against its mean.
 *
 * @param distribution - what to draw from; `uniform` includes both ends
 * @param random - advanced by a number of draws that depends only on the kind of the distribution
 */
export function sampleLength(distribution: LengthDistribution, random: Random): number {
  switch (distribution.kind) {
    case 'fixed':
      return clamp(distribution.value);
    case 'uniform':
      return clamp(distribution.min + random.int(distribution.max - distribution.min + 1));
    case 'normal':
      return clamp(distribution.mean + distribution.standardDeviation * random.normal());
    case 'empirical':
      return clamp(distribution.values[random.int(distribution.values.length)]!);
    default:
      return clamp(distribution.median * Math.exp(distribution.sigma * random.normal()));
  }
}

const clamp = (value: number): number => Math.min(MAX_TOKENS, Math.max(1, Math.round(value)));
