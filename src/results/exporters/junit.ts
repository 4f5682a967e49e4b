/** Gates and verdict, or the rules of a comparison, as JUnit XML, which CI systems show as tests. */
import { formatFigure } from '../format.js';
import type { RunFile, SloResult } from '../run-file.js';
import { escapeMarkup } from './markup.js';

type Attributes = Record<string, string | number>;

/** One test case. */
export interface JunitCase {
  classname: string;
  name: string;
  /** What it printed. */
  said?: string | undefined;
  /** Present where it failed: in short, and in full. */
  failure?: { message: string; text: string } | undefined;
}

/** A document of one suite. */
export function junitDocument(
  cases: readonly JunitCase[],
  { startedAt, seconds }: { startedAt: string; seconds: number },
): string {
  const failures = cases.filter(({ failure }) => failure).length;
  const totals = { tests: cases.length, failures, errors: 0, time: seconds.toFixed(3) };
  const suite = { name: 'fakeai', ...totals, skipped: 0, timestamp: startedAt.replace(/(\.\d+)?Z$/, '') };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    open('testsuites', { name: 'fakeai', ...totals }),
    `  ${open('testsuite', suite)}`,
    ...cases.flatMap((one) => caseLines(one).map((line) => `    ${line}`)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

/** One test case per gate and target, and one for the verdict: it fails when the run is invalid. */
export const toJunit = (run: RunFile): string =>
  junitDocument([verdictCase(run), ...run.slo.map(gateCase)], {
    startedAt: run.startedAt,
    seconds: Math.max(...run.targets.map(({ measuredMs }) => measuredMs)) / 1000,
  });

function verdictCase({ verdict: { state, reasons } }: RunFile): JunitCase {
  const text = reasons.join('\n');
  const message = 'the run is invalid: do not use its figures';
  return {
    classname: 'fakeai',
    name: 'verdict',
    ...(state === 'invalid' && { failure: { message, text } }),
    ...(state === 'degraded' && { said: `The run is degraded.\n${text}` }),
  };
}

function gateCase({ expression, target, passed, value, unit }: SloResult): JunitCase {
  const measured = value === null ? 'absent or too few samples' : `${formatFigure(value)} ${unit}`;
  const failure = {
    message: `measured ${measured}`,
    text: `${expression} on ${target}: measured ${measured}`,
  };
  return { classname: `fakeai.${target}`, name: expression, ...(!passed && { failure }) };
}

function caseLines({ classname, name, said, failure }: JunitCase): string[] {
  const attributes = { classname, name };
  if (said === undefined && !failure) return [empty('testcase', attributes)];
  return [
    open('testcase', attributes),
    ...(said === undefined ? [] : [`  ${element('system-out', {}, said)}`]),
    ...(failure
      ? [`  ${element('failure', { message: failure.message, type: 'failure' }, failure.text)}`]
      : []),
    '</testcase>',
  ];
}

const attributesText = (attributes: Attributes): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeMarkup(String(value))}"`)
    .join('');
const open = (tag: string, attributes: Attributes): string => `<${tag}${attributesText(attributes)}>`;
const empty = (tag: string, attributes: Attributes): string => `<${tag}${attributesText(attributes)}/>`;
const element = (tag: string, attributes: Attributes, text: string): string =>
  `${open(tag, attributes)}${escapeMarkup(text)}</${tag}>`;
