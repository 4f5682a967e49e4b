/** What of an answer becomes which figure, on a clock that is turned by hand. */
import { describe, expect, it } from 'vitest';
import { ClosedLane } from '../../../src/engine/closed-lane.js';
import { Tokenizer } from '../../../src/lib/tokens/tokenizer.js';
import { loadVocabulary } from '../../../src/lib/tokens/vocabulary.js';
import type { DistributionName } from '../../../src/results/metrics.js';
import type { TargetOutcome } from '../../../src/results/outcome.js';
import type { Plan } from '../../../src/workloads/plan.js';
import { LaneBench, planOf, type Got } from './lane-bench.js';
import { completion } from './scripted-server.js';

const tokenizer = new Tokenizer(loadVocabulary('o200k_base'));
const event = (delta: object): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`;
const usage = (members: object): string => `data: ${JSON.stringify({ choices: [], usage: members })}\n\n`;
const DONE = 'data: [DONE]\n\n';

/** One streamed answer: what comes how long after the request, milliseconds. */
type Stream = readonly (readonly [atMs: number, text: string])[];

/** Plays answers one after the other, a second for each. */
function measure(streams: readonly Stream[], over: Partial<Plan> = {}): TargetOutcome {
  const bench = new LaneBench(
    ClosedLane,
    planOf({
      streaming: true,
      arrivals: { kind: 'closed', concurrency: 1 },
      stop: { requests: streams.length },
      timeoutMs: 5000,
      ...over,
    }),
    undefined,
    undefined,
    () => tokenizer,
  );
  for (const stream of streams) play(bench, bench.open[0]!, stream);
  expect(bench.over).toBe(true);
  bench.lane.settle();
  return bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000, { good: over.goodput !== undefined });
}

function play(bench: LaneBench, got: Got, stream: Stream): void {
  const startMs = bench.nowMs - 1000;
  got.answered = true;
  got.observer.onHead(200, 'text/event-stream', undefined, bench.nowMs);
  for (const [atMs, text] of stream) {
    bench.to(startMs + atMs);
    const bytes = Buffer.from(text);
    got.observer.onData(bytes, 0, bytes.length, bench.nowMs);
  }
  got.observer.onEnd(bench.nowMs);
}

const values = ({ distributions }: TargetOutcome, name: DistributionName): (number | null)[] | undefined => {
  const found = distributions[name];
  return found && [found.count, found.statistic('min'), found.statistic('mean'), found.statistic('max')];
};

describe('an answer that thinks first', () => {
  const outcome = measure([
    [
      [10, event({ role: 'assistant', content: '' })],
      [100, event({ reasoning_content: 'Hm' })],
      [130, event({ reasoning_content: ', so' })],
      [230, event({ content: 'Yes' })],
      [250, event({ content: '!' })],
      [
        260,
        usage({
          prompt_tokens: 7,
          completion_tokens: 4,
          prompt_tokens_details: { cached_tokens: 5 },
          completion_tokens_details: { reasoning_tokens: 2 },
        }) + DONE,
      ],
    ],
  ]);

  it.each([
    ['ttft', 100],
    ['ttfo', 230],
    ['ttst', 30],
    ['stall_max', 100],
    ['tpot', 50],
    ['output_rate_per_user', 20],
    ['e2e', 260],
    ['input_tokens', 7],
    ['output_tokens', 4],
    ['reasoning_tokens', 2],
    ['cached_tokens', 5],
    ['tokens_per_chunk', 1],
  ] as const)('has its %s', (metric, value) => {
    expect(outcome.distributions[metric]!.count).toBe(1);
    expect(outcome.distributions[metric]!.statistic('mean')).toBeCloseTo(value, 9);
  });

  it('has the same gaps between tokens as between chunks', () => {
    expect(values(outcome, 'icl')).toEqual([3, 20, 50, 100]);
    expect(values(outcome, 'itl')).toEqual([3, 20, 50, 100]);
  });
});

describe('chunks of several tokens', () => {
  const outcome = measure([
    [
      [50, event({ content: 'one two three four' })],
      [90, event({ content: 'five six seven eight' })],
      [
        150,
        event({ content: 'nine ten eleven twelve' }) + usage({ prompt_tokens: 7, completion_tokens: 12 }),
      ],
      [151, DONE],
    ],
  ]);

  it('are compared with what was planned', () => {
    expect(outcome.counters).toMatchObject({
      plannedInputTokens: 5,
      reportedInputTokens: 7,
      // 12 where fewer were asked for.
      offLength: 1,
    });
  });

  it('have one gap per chunk in icl, and one value per token in itl', () => {
    expect(values(outcome, 'icl')).toEqual([2, 40, 50, 60]);
    expect(values(outcome, 'itl')).toEqual([8, 10, 12.5, 15]);
    expect(values(outcome, 'tokens_per_chunk')).toEqual([1, 4, 4, 4]);
  });

  it('count whole tokens where the mean is none', () => {
    const uneven = measure([
      [
        [10, event({ content: 'a' })],
        [20, event({ content: 'b c' })],
        [30, event({ content: 'd e' })],
        [31, usage({ prompt_tokens: 1, completion_tokens: 5 }) + DONE],
      ],
    ]);
    expect(values(uneven, 'itl')![0]).toBe(3);
    expect(values(uneven, 'itl')![1]).toBeCloseTo(6, 2);
  });
});

it('a tool call is an answer, and so is a refusal', () => {
  const call = (text: string) => event({ tool_calls: [{ index: 0, function: { arguments: text } }] });
  const outcome = measure([
    [
      [20, call('{"a"')],
      [50, call(':1}')],
      [60, usage({ prompt_tokens: 1, completion_tokens: 2 }) + DONE],
    ],
    [
      [30, event({ refusal: 'No.' })],
      [40, usage({ prompt_tokens: 1, completion_tokens: 1 }) + DONE],
    ],
  ]);
  expect(values(outcome, 'ttfo')).toEqual([2, 20, 25, 30]);
});

it('chunks that come in one read are no time apart', () => {
  const outcome = measure([
    [
      [
        20,
        event({ content: 'a' }) +
          event({ content: 'b' }) +
          usage({ prompt_tokens: 1, completion_tokens: 2 }) +
          DONE,
      ],
    ],
  ]);
  expect(values(outcome, 'icl')).toEqual([1, 0, 0, 0]);
  expect(outcome.distributions.output_rate_per_user).toBeUndefined();
});

describe('the tokens of an answer', () => {
  // Escapes and a character whose halves come apart.
  const TEXTS = ['He said: "', 'über\n', 'tiefgefrorene ', '\ud83d', '\ude00!'];
  const stream = (usageEvent: string): Stream => [
    ...TEXTS.map((content, i) => [20 + 10 * i, event({ content })] as const),
    [90, usageEvent + DONE],
  ];
  const tokens = tokenizer.count(TEXTS.join(''));
  const choice = { vocabulary: 'o200k_base' } as const;

  it('are those of the tokenizer where usage is missing', () => {
    const { counters, distributions } = measure([stream('')], { tokenizer: { choice, counts: 'if-needed' } });
    expect(tokens).not.toBe(TEXTS.length);
    expect(counters).toMatchObject({ withoutUsage: 1, tokenized: 1, chunkCounted: 0, outputTokens: tokens });
    expect(distributions.output_tokens!.statistic('mean')).toBe(tokens);
    expect(distributions.token_mismatch).toBeUndefined();
  });

  it('are those of usage where there is one, without a look at the text', () => {
    const usageEvent = usage({ prompt_tokens: 1, completion_tokens: 40 });
    const { counters, distributions } = measure([stream(usageEvent)], {
      tokenizer: { choice, counts: 'if-needed' },
    });
    expect(counters).toMatchObject({ withoutUsage: 0, tokenized: 0, outputTokens: 40 });
    expect(distributions.token_mismatch).toBeUndefined();
  });

  it('are compared with those of a tokenizer that was chosen', () => {
    const usageEvent = usage({ prompt_tokens: 1, completion_tokens: 40 });
    const { distributions } = measure([stream(usageEvent)], { tokenizer: { choice, counts: 'always' } });
    expect(distributions.token_mismatch!.statistic('mean')).toBeCloseTo(
      (Math.abs(tokens - 40) / 40) * 100,
      9,
    );
  });

  it('of reasoning and tool calls count too', () => {
    const call = event({ tool_calls: [{ index: 0, function: { name: 'f', arguments: '{"city":"Rome"}' } }] });
    const { counters } = measure([[[20, event({ reasoning: 'Let me see.' }) + call + DONE]]], {
      tokenizer: { choice, counts: 'if-needed' },
    });
    expect(counters.outputTokens).toBe(tokenizer.count('Let me see.{"city":"Rome"}'));
  });

  it.each(['if-needed', 'always'] as const)('of an answer that is no stream are counted (%s)', (counts) => {
    const bench = new LaneBench(
      ClosedLane,
      planOf({ tokenizer: { choice, counts }, stop: { requests: 1 } }),
      undefined,
      undefined,
      () => tokenizer,
    );
    const { usage: _usage, ...answer } = JSON.parse(completion(1, 1, TEXTS.join(''))) as Record<
      string,
      unknown
    >;
    bench.answer(bench.open[0], JSON.stringify(answer));
    bench.lane.settle();
    expect(bench.lane.recorder.counters).toMatchObject({ tokenized: 1, outputTokens: tokens });
  });
});

it('without usage chunks stand for tokens, and that is counted', () => {
  const { counters, distributions } = measure([
    [
      [20, event({ content: 'a' })],
      [30, event({ content: 'b' }) + DONE],
    ],
  ]);
  expect(counters).toMatchObject({ withoutUsage: 1, chunkCounted: 1, tokenized: 0, outputTokens: 2 });
  expect(distributions.output_tokens!.statistic('mean')).toBe(2);
});

it('failed requests have a time of their own and are in no other latency', () => {
  const outcome = measure([
    [
      [20, event({ content: 'a' })],
      [70, 'data: {"error":{"message":"GPU on fire"}}\n\n'],
    ],
  ]);
  expect(values(outcome, 'failed_time')).toEqual([1, 70, 70, 70]);
  expect(Object.keys(outcome.distributions)).toEqual(['failed_time']);
  expect(outcome.errors).toEqual([{ kind: 'stream_error', count: 1, example: 'GPU on fire' }]);
});

describe('goodput', () => {
  const answer = (firstMs: number, gapMs: number): Stream => [
    [firstMs, event({ content: 'a' })],
    [firstMs + gapMs, event({ content: 'b' })],
    [firstMs + gapMs, usage({ prompt_tokens: 1, completion_tokens: 2 }) + DONE],
  ];
  const goodput: Plan['goodput'] = [
    { metric: 'ttft', operator: '<', limit: 100 },
    { metric: 'tpot', operator: '<=', limit: 40 },
  ];

  it('counts the requests that meet all conditions', () => {
    const { counters } = measure([answer(99, 40), answer(100, 10), answer(10, 41), answer(5, 5)], {
      goodput,
    });
    expect(counters).toMatchObject({ completed: 4, good: 2 });
  });

  it('does not ask an answer of one token for the time between tokens', () => {
    const single: Stream = [
      [10, event({ content: 'a' }) + usage({ prompt_tokens: 1, completion_tokens: 1 }) + DONE],
    ];
    expect(measure([single], { goodput }).counters.good).toBe(1);
  });

  it('is not met by a request without the metric', () => {
    const bench = new LaneBench(ClosedLane, planOf({ goodput, stop: { requests: 1 } }));
    bench.answer(bench.open[0], completion(1, 1));
    const { counters } = bench.lane.recorder.outcome({ name: 't', url: 'u' }, 1000, { good: true });
    expect(counters).toMatchObject({ completed: 1, good: 0 });
  });

  it('is not counted when nobody asks', () => {
    expect(measure([answer(1, 1)]).counters).not.toHaveProperty('good');
  });
});
