/** What people write to search: `max rate where ttft.p95 < 300ms and error_rate < 1%`. */
import { FakeaiError } from '../../lib/errors.js';
import { parseGate, type SloExpression } from '../../results/slo.js';

/** What can be searched, each with the side on which its gates pass: more replicas are better, more load is worse. */
export const SUBJECTS = { replicas: 'min', rate: 'max', concurrency: 'max' } as const;
export type Subject = keyof typeof SUBJECTS;

/** A parsed search. */
export interface SearchExpression {
  /** As written, trimmed. */
  text: string;
  subject: Subject;
  gates: SloExpression[];
}

/**
 * Parses `GOAL SUBJECT where GATE and GATE …`.
 *
 * @param subjects - those that make sense here
 * @param example - for the hint
 * @throws FakeaiError FAKEAI_SETTING_INVALID, or FAKEAI_SLO_SYNTAX for a gate
 */
export function parseSearch(input: string, subjects: readonly Subject[], example: string): SearchExpression {
  const text = input.trim();
  const [, goal, name, conditions] = /^(\w+)\s+(\w+)\s+where\s+(.+)$/is.exec(text) ?? [];
  const subject = subjects.find((known) => known === name?.toLowerCase());
  if (conditions === undefined || !subject || goal?.toLowerCase() !== SUBJECTS[subject]) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: '--search',
      problem: `'${text.slice(0, 200)}' is not a search`,
      hint: `Write it as '${example}'.`,
    });
  }
  return { text, subject, gates: conditions.split(/\s+and\s+/i).map((gate) => parseGate(gate, '--search')) };
}
