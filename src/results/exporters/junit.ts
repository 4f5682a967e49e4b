/** Gates and verdict as JUnit XML, which CI systems show as tests. */
import { formatFigure } from '../format.js';
import type { RunFile, SloResult } from '../run-file.js';
import { escapeMarkup } from './markup.js';

type Attributes = Record<string, string | number>;

/** One test case per gate and target, and one for the verdict: it fails when the run is invalid. */
export function toJunit(run: RunFile): string {
  const cases = [verdictCase(run), ...run.slo.map(gateCase)];
  const failures = run.slo.filter(({ passed }) => !passed).length + (run.verdict.state === 'invalid' ? 1 : 0);
  const seconds = Math.max(...run.targets.map(({ measuredMs }) => measuredMs)) / 1000;
  const totals = { tests: cases.length, failures, errors: 0, time: seconds.toFixed(3) };
  const suite = { name: 'fakeai', ...totals, skipped: 0, timestamp: run.startedAt.replace(/(\.\d+)?Z$/, '') };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    open('testsuites', { name: 'fakeai', ...totals }),
    `  ${open('testsuite', suite)}`,
    ...cases.flatMap((lines) => lines.map((line) => `    ${line}`)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function verdictCase({ verdict }: RunFile): string[] {
  const reasons = verdict.reasons.join('\n');
  const name = { classname: 'fakeai', name: 'verdict' };
  if (verdict.state === 'invalid') return failed(name, 'the run is invalid: do not use its figures', reasons);
  if (verdict.state === 'valid') return [empty('testcase', name)];
  const said = element('system-out', {}, `The run is degraded.\n${reasons}`);
  return [open('testcase', name), `  ${said}`, '</testcase>'];
}

function gateCase({ expression, target, passed, value, unit }: SloResult): string[] {
  const name = { classname: `fakeai.${target}`, name: expression };
  if (passed) return [empty('testcase', name)];
  const measured = value === null ? 'absent or too few samples' : `${formatFigure(value)} ${unit}`;
  return failed(name, `measured ${measured}`, `${expression} on ${target}: measured ${measured}`);
}

const failed = (name: Attributes, message: string, text: string): string[] => [
  open('testcase', name),
  `  ${element('failure', { message, type: 'failure' }, text)}`,
  '</testcase>',
];

const attributesText = (attributes: Attributes): string =>
  Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeMarkup(String(value))}"`)
    .join('');
const open = (tag: string, attributes: Attributes): string => `<${tag}${attributesText(attributes)}>`;
const empty = (tag: string, attributes: Attributes): string => `<${tag}${attributesText(attributes)}/>`;
const element = (tag: string, attributes: Attributes, text: string): string =>
  `${open(tag, attributes)}${escapeMarkup(text)}</${tag}>`;
