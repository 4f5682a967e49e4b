import { describe, expect, it } from 'vitest';
import { lineText, type Line } from '../../../src/results/lines.js';
import {
  cacheViewSchema,
  serverHealthSchema,
  serverViewSchema,
  type ServerView,
} from '../../../src/results/server-view.js';
import { dashboardLines, look, type DashboardState } from '../../../src/ui/dashboard-lines.js';
import { cacheLines, metricsLines, statusLines } from '../../../src/ui/server-lines.js';
import { CACHE, HEALTH, VIEW } from '../../support/observed-server.js';

const view = serverViewSchema.parse(VIEW);
const textOf = (lines: readonly Line[]): string => lines.map(lineText).join('\n');

describe('status', () => {
  it('says how the server is and what it does', () => {
    const lines = statusLines('http://x:1', view, serverHealthSchema.parse(HEALTH));
    expect(lines[0]).toEqual([
      { text: 'fakeai 0.1.0 at http://x:1: ', tone: 'strong' },
      { text: 'degraded', tone: 'warn' },
    ]);
    const text = textOf(lines);
    for (const part of [
      '1.67 min',
      'physics',
      '12, 1 error',
      '3 streams, 4 connections',
      '128 MiB',
      '1 up, 1 down',
    ])
      expect(text).toContain(part);
  });

  it('says what the arms of a split got', () => {
    const arm = { name: 'kv', share: 0.9, share_of_requests: 0.875, requests: 70, failed: 2 };
    const times = { ttft_mean_ms: 40, e2e_mean_ms: 900, cached_share: 0.5 };
    const splits = [{ model: 'model-a', arms: [{ ...arm, ...times }] }];
    const text = textOf(
      statusLines(
        'http://x:1',
        serverViewSchema.parse({ ...VIEW, splits }),
        serverHealthSchema.parse(HEALTH),
      ),
    );
    expect(text).toContain('arm           kv: 87.5% of the requests (90.0% asked), 2 failed; TTFT 40.0 ms');
    const two = serverViewSchema.parse({ ...VIEW, splits: [...splits, { ...splits[0], model: 'model-b' }] });
    expect(textOf(statusLines('http://x:1', two, serverHealthSchema.parse(HEALTH)))).toContain('model-b kv:');
  });
});

describe('metrics', () => {
  it('show models, replicas and routes, and mark what is wrong', () => {
    const lines = metricsLines(view, 200);
    const text = textOf(lines);
    expect(text).toMatch(/model-a +9 +1 +2 +4,000 +1,000 +900/);
    expect(text).toMatch(/model-a 0 +aggregated +5 +2 +50% +25% +1 +4 +90% +2,000 W +61/);
    expect(text).toMatch(/POST \/chat\/completions +2 +2 +1 /);
    const bad = lines.flat().filter(({ tone }) => tone === 'bad');
    expect(bad.map(({ text: cell }) => cell.trim())).toEqual(['2', '1']);
  });

  it('fit into a narrow terminal', () => {
    expect(
      Math.max(
        ...metricsLines(view, 72)
          .slice(0, 5)
          .map((line) => lineText(line).length),
      ),
    ).toBeLessThanOrEqual(72);
  });
});

describe('cache-stats', () => {
  it('show hits, blocks and tiers of one model and of several', () => {
    const one = textOf(cacheLines(cacheViewSchema.parse(CACHE), 200));
    expect(one).toContain('25.0% of 4,000 prompt tokens');
    expect(one).toMatch(/worker-0 +9 +1,000 +100 +50 +25% +dram 7, 8, 9/);
    const { available, model, ...cache } = CACHE;
    const several = cacheViewSchema.parse({ available, models: { [model]: cache, b: cache } });
    expect(textOf(cacheLines(several, 200)).match(/worker-0/g)).toHaveLength(2);
  });

  it('say why there is none', () => {
    const lines = cacheLines({ available: false, reason: 'nothing is simulated' }, 100);
    expect(textOf(lines)).toBe('No KV cache: nothing is simulated');
  });
});

describe('the dashboard', () => {
  const size = { columns: 100, rows: 30 };
  const later = (seconds: number, requests: number, tokens: number): ServerView => ({
    ...view,
    uptime_seconds: view.uptime_seconds + seconds,
    requests: view.requests + requests,
    models: { 'model-a': { ...view.models['model-a']!, completion_tokens: 900 + tokens } },
  });
  const start: DashboardState = { url: 'http://x:1', samples: [] };

  it('shows rates between two looks', () => {
    const state = look(look(start, view), later(2, 10, 500));
    expect(state.samples).toEqual([{ requestsPerSecond: 5, tokensPerSecond: 250 }]);
    expect(textOf(dashboardLines(state, size))).toMatch(/requests\/s +5\.00[^]*tokens\/s +250/);
  });

  it('begins anew when the server was restarted', () => {
    const state = look(look(look(start, view), later(2, 10, 500)), { ...view, uptime_seconds: 1 });
    expect(state.samples).toEqual([]);
  });

  it('remembers two minutes of looks and no more', () => {
    let state = look(start, view);
    for (let i = 1; i < 200; i++) state = look(state, later(i, i, i));
    expect(state.samples).toHaveLength(120);
  });

  it('keeps what it knew and says what is wrong when nobody answers', () => {
    const text = textOf(dashboardLines({ ...look(start, view), problem: 'connection refused' }, size));
    expect(text).toContain('connection refused');
    expect(text).toContain('model-a');
    expect(textOf(dashboardLines(start, size))).toContain('Asking');
  });

  it('never has as many lines as the terminal', () => {
    const replicas = Array.from({ length: 50 }, (_, replica) => ({ ...view.replicas![0]!, replica }));
    const lines = dashboardLines(look(start, { ...view, replicas }), { columns: 80, rows: 24 });
    expect(lines.length).toBeLessThan(24);
    expect(textOf(lines)).toMatch(/… \d+ more/);
  });
});
