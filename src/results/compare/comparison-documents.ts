/** A comparison for machines: JSON, JUnit, Markdown. */
import { annotation, markdownTable as table } from '../exporters/github.js';
import { junitDocument } from '../exporters/junit.js';
import { formatFigure } from '../format.js';
import type { ComparedRun, Comparison } from './compare-lines.js';
import { CHANGE_OUTCOMES, intervalText, judgement, percentText } from './compare-text.js';

/** Everything but the two run files themselves. */
export function comparisonDocument({ base, new: other, ...rest }: Comparison): object {
  const about = ({ path, run }: ComparedRun) => ({ path, startedAt: run.startedAt, verdict: run.verdict });
  return { base: about(base), new: about(other), ...rest };
}

/** The document as text. */
export const comparisonJson = (comparison: Comparison): string =>
  `${JSON.stringify(comparisonDocument(comparison), null, 2)}\n`;

/** A test case per rule and target, and one for each run, which fails when that run is invalid. */
export const comparisonJunit = ({ base, new: other, rules }: Comparison): string =>
  junitDocument(
    [
      ...[base, other].map(({ path, run: { verdict } }) => ({
        classname: 'fakeai.compare',
        name: `${path} can be used`,
        ...(verdict.state === 'invalid' && {
          failure: { message: 'the run is invalid', text: verdict.reasons.join('\n') },
        }),
      })),
      ...rules.map(({ rule, target, outcome, passed }) => ({
        classname: `fakeai.compare.${target}`,
        name: rule,
        ...(outcome === 'within-noise' && { said: CHANGE_OUTCOMES[outcome] }),
        ...(!passed && { failure: { message: CHANGE_OUTCOMES[outcome], text: `${rule} on ${target}` } }),
      })),
    ],
    { startedAt: other.run.startedAt, seconds: 0 },
  );

/** The comparison as GitHub-flavoured Markdown. */
export function comparisonMarkdown({ base, new: other, waived, figures, rules }: Comparison): string {
  const failed = rules.some(({ passed }) => !passed);
  const sections = [
    `## ${failed ? '❌' : '✅'} fakeai: two runs compared`,
    table(
      ['', 'Run', 'Started', 'Verdict'],
      [
        ['Base', base.path, base.run.startedAt, base.run.verdict.state],
        ['New', other.path, other.run.startedAt, other.run.verdict.state],
      ],
    ),
    waived.length > 0 ? `Different by permission: ${waived.join(', ')}` : '',
    table(
      ['', 'Rule', 'Target', 'Outcome'],
      rules.map(({ rule, target, outcome, passed }) => [
        passed ? '✅' : '❌',
        rule,
        target,
        CHANGE_OUTCOMES[outcome],
      ]),
    ),
    table(
      ['Figure', 'Target', '>Base', '>New', '>Change', '>Interval', ''],
      figures.map((figure) => [
        `${figure.figure}, ${figure.unit}`,
        figure.target,
        formatFigure(figure.base?.value),
        formatFigure(figure.new?.value),
        percentText(figure.relative?.value),
        intervalText(figure.relative),
        judgement(figure).word,
      ]),
    ),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** Workflow commands, one per line, that mark failed rules; empty when none failed. */
export const comparisonAnnotations = ({ rules }: Comparison): string[] =>
  rules
    .filter(({ passed }) => !passed)
    .map(({ rule, target, outcome }) =>
      annotation('error', 'fakeai: rule failed', `${rule} on ${target}: ${CHANGE_OUTCOMES[outcome]}`),
    );
