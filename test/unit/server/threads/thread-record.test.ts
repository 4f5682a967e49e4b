import { describe, expect, it } from 'vitest';
import { shareLists, SharedLists } from '../../../../src/server/telemetry/shared-lists.js';
import { ThreadRecord, ThreadView } from '../../../../src/server/threads/thread-record.js';

const USAGE = { promptTokens: 10, cachedTokens: 4, completionTokens: 7 };

describe('what a thread tells about itself', () => {
  it('is what it counts, at once', () => {
    const memory = shareLists();
    const view = new ThreadView(memory);
    expect(view.read(0)).toBeUndefined();
    const record = new ThreadRecord(memory);
    record.serves(true);
    record.counters.requests++;
    record.counters.connections = 3;
    record.lateness.record(2);
    record.meters.account({ model: 'größte-模型', ...USAGE });
    const stats = view.read(0)!;
    expect(stats).toMatchObject({ requests: 1, errors: 0, activeStreams: 0, connections: 3 });
    expect(stats.pacing).toMatchObject({ count: 1, maxMs: 2 });
    const model = stats.meters.models.get('größte-模型')!;
    expect(model).toMatchObject({ answers: 1, ...USAGE });
    record.meters.account({ model: 'größte-模型', ...USAGE, reasoningTokens: 2 });
    record.meters.answered('GET /x', 200, 30);
    record.meters.answered('GET /x', 429, 5);
    record.meters.answered('GET /x', 200, 50);
    view.read(0);
    expect(model).toMatchObject({ answers: 2, completionTokens: 14, reasoningTokens: 2 });
    expect(model.promptSizes.sum).toBe(20);
    const route = stats.meters.routes.get('GET /x')!;
    expect(route.statuses).toEqual({ 200: 2, 429: 1 });
    expect(route.durationS.sum).toBeCloseTo(0.085, 9);
    record.serves(false);
    expect(view.read(0)).toBeUndefined();
  });

  it('is gone on with by the thread that takes its place, but for what was under way', () => {
    const memory = shareLists();
    const first = new ThreadRecord(memory);
    first.meters.model('m').begun();
    first.meters.model('m').begun();
    first.meters.model('m').ended('completed');
    first.counters.requests = 5;
    first.counters.activeStreams = 1;
    const second = new ThreadRecord(memory);
    second.serves(true);
    second.meters.model('m').begun();
    second.meters.model('n').begun();
    const { requests, activeStreams, meters } = new ThreadView(memory).read(0)!;
    expect({ requests, activeStreams }).toEqual({ requests: 5, activeStreams: 0 });
    expect([...meters.models.keys()]).toEqual(['m', 'n']);
    expect(meters.models.get('m')).toMatchObject({ active: 1, queued: 1 });
    expect(meters.models.get('m')!.outcomes).toMatchObject({ completed: 1, cancelled: 0 });
  });

  it('has a bound: models beyond it, and those of long names, count as other ones', () => {
    const memory = shareLists();
    const record = new ThreadRecord(memory);
    record.serves(true);
    record.meters.account({ model: 'x'.repeat(1000), ...USAGE });
    for (let i = 0; i < 600; i++) record.meters.account({ model: `model-${i}`, ...USAGE });
    for (let status = 300; status < 400; status++) record.meters.answered('GET /', status, 1);
    const { meters } = new ThreadView(memory).read(0)!;
    expect(meters.models.size).toBe(500);
    expect(meters.models.get('other')!.answers).toBe(602 - 500);
    const { statuses } = meters.routes.get('GET /')!;
    expect(Object.values(statuses).reduce((sum, count) => sum + count, 0)).toBe(100);
    expect(statuses[300]).toBe(1);
    expect(statuses[0]).toBe(100 - 47);
  });
});

it('adds lists until there is no room, and keeps some for those that are needed', () => {
  const lists = new SharedLists(shareLists());
  let added = 0;
  while (lists.add(1, `list ${added}`, 4000)) added++;
  expect(added).toBeGreaterThan(100);
  expect(lists.add(2, 'needed', 2000, true)).toHaveLength(2000);
  expect(lists.add(2, 'needed too', 10_000, true)).toBeUndefined();
  expect(lists.read()).toHaveLength(added + 1);
  expect(lists.read().at(-1)).toMatchObject({ kind: 2, name: 'needed' });
});
