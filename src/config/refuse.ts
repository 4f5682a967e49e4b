/** What the rules between settings say when one is broken. */
import { FakeaiError } from '../lib/errors.js';
import type { Given } from './layers.js';

/** What was given as a flag at a path. */
export type FlagOf = (path: string) => Given | undefined;

/** An empty list says nothing. */
export const isGiven = (given: Given | undefined): given is Given =>
  given !== undefined && !(Array.isArray(given.value) && given.value.length === 0);

/** @throws FakeaiError `FAKEAI_SETTING_INVALID`, always */
export const refuse = (given: Given, problem: string, hint: string): never => {
  throw new FakeaiError('FAKEAI_SETTING_INVALID', { where: given.origin.where, problem, hint });
};
