/** `fakeai report` from outside. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CARRIED_OUT, runCli, temporaryFolder } from '../support/cli.js';
import { parseCsv, parseXml } from '../support/formats.js';

const folder = temporaryFolder();
const run = folder.file('run.json');
const BENCH = ['bench', '--latency', 'instant', '--requests', '64', '--quiet', '--slo', 'ttft.p50 < 10s'];
beforeAll(async () => {
  await runCli([...BENCH, '--output', `json=${run}`]);
});
afterAll(folder.remove);

describe('fakeai report', () => {
  it('renders percentiles, histogram, gates and verdict as plain text', async () => {
    const { exitCode, stdout, stderr } = await runCli(['report', run]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const said of [/TTFT/, /ITL/, /p50/, /p95/, /█|▇|#/, /ttft\.p50 < 10s/, /valid|degraded|invalid/]) {
      expect(stdout).toMatch(said);
    }
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/\u001b/);
  });

  it('gives the run file back as JSON', async () => {
    const { stdout } = await runCli(['report', run, '--json']);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(run, 'utf8')));
  });

  it.each([
    ['no JSON', 'hello', /not a fakeai run file/],
    ['another JSON', '{"a":1}', /not a fakeai run file/],
    ['a newer version', '{"schemaVersion":99}', /99/],
  ])('refuses %s', async (name, text, said) => {
    const path = folder.file(`${name}.json`);
    writeFileSync(path, text);
    const { exitCode, stdout, stderr } = await runCli(['report', path]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(said);
  });
});

interface StoredRun {
  startedAt: string;
  verdict: { state: string; reasons: string[] };
  plan: { seed: number };
  targets: { counters: { completed: number }; metrics: { ttft: { count: number } } }[];
}
const stored = (path: string): StoredRun => JSON.parse(readFileSync(path, 'utf8')) as StoredRun;

/** A stored run as if its machine had been calm, with another part of the plan. */
function variant(name: string, change: Partial<StoredRun> = {}): string {
  const path = folder.file(name);
  writeFileSync(
    path,
    JSON.stringify({ ...stored(run), verdict: { state: 'valid', reasons: [] }, ...change }),
  );
  return path;
}

describe('fakeai report --output', () => {
  it('writes a stored run in every other format', async () => {
    const paths = Object.fromEntries(
      ['csv', 'html', 'junit', 'github', 'aiperf', 'guidellm'].map((kind) => [
        kind,
        folder.file(`run.${kind}`),
      ]),
    );
    const outputs = Object.entries(paths).flatMap(([kind, path]) => ['--output', `${kind}=${path}`]);
    const { exitCode, stderr } = await runCli(['report', run, ...outputs]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const text = (kind: string): string => readFileSync(paths[kind]!, 'utf8');
    expect(parseCsv(text('csv')).map(([, metric]) => metric)).toContain('ttft');
    expect(parseXml(text('junit'))[0]).toMatchObject({ tag: 'testsuites' });
    expect(text('html')).toContain('"title":"TTFT by percentile"');
    expect(text('github')).toContain('ttft.p50 &lt; 10s');
    expect(JSON.parse(text('aiperf'))).toMatchObject({ request_count: { avg: 64 } });
    expect(JSON.parse(text('guidellm'))).toMatchObject({
      benchmarks: [{ metrics: { request_totals: { total: 64 } } }],
    });
  });

  it('refuses a kind that there is not, and names those that there are', async () => {
    const { exitCode, stderr } = await runCli(['report', run, '--output', 'pdf=run.pdf']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /"pdf" is not a kind of output here[^]*json, csv, html, junit, github, aiperf, guidellm/,
    );
  });
});

describe('fakeai report compare', () => {
  it('of a run with itself finds no change', async () => {
    const [a, b] = [variant('a.json'), variant('b.json')];
    const rules = ['--fail-if', 'ttft.p50 > +0%', '--fail-if', 'error_rate > +0pp'];
    const { exitCode, stdout } = await runCli(['report', 'compare', a, b, ...rules]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ttft\.p50 +ms/);
    expect(stdout).not.toMatch(/better|worse/);
  });

  it('ends with 99 when a rule fails, here for want of the metric', async () => {
    const args = ['report', 'compare', variant('a.json'), variant('b.json'), '--json'];
    const { exitCode, stdout } = await runCli([...args, '--fail-if', 'response_time.p50 > +10%']);
    expect(exitCode).toBe(99);
    expect(JSON.parse(stdout)).toMatchObject({ rules: [{ outcome: 'no-value', passed: false }] });
  });

  it('refuses different plans unless that is allowed by name', async () => {
    const other = variant('other.json', { plan: { ...stored(run).plan, seed: 7 } });
    const args = ['report', 'compare', variant('a.json'), other];
    const refused = await runCli(args);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toMatch(/seed differ[^]*--waive seed/);
    const allowed = await runCli([...args, '--waive', 'seed']);
    expect(allowed.exitCode).toBe(0);
    expect(allowed.stdout).toContain('Different by permission: seed');
  });

  it('does not decide on the figures of an invalid run', async () => {
    const invalid = variant('invalid.json', { verdict: { state: 'invalid', reasons: ['Late.'] } });
    const { exitCode, stderr } = await runCli(['report', 'compare', variant('a.json'), invalid]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 3,
      stderr: expect.stringContaining('invalid') as string,
    });
  });
});

describe('fakeai report merge', () => {
  it('adds shards up to one run file', async () => {
    const merged = folder.file('merged.json');
    const again = variant('again.json', {
      startedAt: new Date(Date.parse(stored(run).startedAt) + 1).toISOString(),
    });
    const { exitCode } = await runCli(['report', 'merge', run, again, '--output', `json=${merged}`]);
    expect(CARRIED_OUT).toContain(exitCode);
    const [target] = stored(merged).targets;
    expect(target).toMatchObject({ counters: { completed: 128 }, metrics: { ttft: { count: 128 } } });
  });

  it.each([
    ['one shard', [run], /fewer than two/],
    ['the same shard twice', [run, run], /is the same run as/],
    ['a mistyped flag', [run, run, '--outptu'], /--outptu is not a setting[^]*--output/],
  ])('refuses %s', async (_, args, said) => {
    const { exitCode, stdout, stderr } = await runCli(['report', 'merge', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(said);
  });
});

describe('under GitHub Actions', () => {
  it('a run appends to the step summary and annotates missed gates, without a flag', async () => {
    const summary = folder.file('summary.md');
    writeFileSync(summary, 'before\n');
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
    const { stderr } = await runCli([...BENCH, '--slo', 'ttft{target:simulator}.p50 > 10m'], { env });
    expect(stderr).toMatch(
      /^::error title=fakeai%3A gate missed::ttft\{target:simulator\}\.p50 > 10m on simulator/m,
    );
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n## [^]*\| Gate \| Target \|/);
  });
});
