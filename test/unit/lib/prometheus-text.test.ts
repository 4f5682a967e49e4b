import { describe, expect, it, test } from 'vitest';
import { parsePrometheusText, sampleType } from '../../../src/lib/prometheus-text.js';

const PAGE = String.raw`# HELP vllm:kv_cache_usage_perc KV-cache usage. 1 means 100 percent usage.
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0",model_name="meta-llama/Llama-3.1-8B"} 0.25
# TYPE vllm:generation_tokens counter
vllm:generation_tokens_total{engine="0"} 1.5e+06
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{le="+Inf"} 7
vllm:time_to_first_token_seconds_sum 1.5
vllm:time_to_first_token_seconds_count 7 1700000000000
DCGM_FI_DEV_GPU_UTIL{gpu="0", UUID="GPU-1", pci="a\\b\"c\nd}",} 97
bare NaN
exemplar_total 17 # {trace_id="x"} 0.67
# EOF
`;

describe('parsePrometheusText', () => {
  const page = parsePrometheusText(PAGE);
  const values = Object.fromEntries(page.samples.map(({ name, value }) => [name, value]));

  it('reads names, values, time stamps and exemplars as they come', () => {
    expect(values).toEqual({
      'vllm:kv_cache_usage_perc': 0.25,
      'vllm:generation_tokens_total': 1_500_000,
      'vllm:time_to_first_token_seconds_bucket': 7,
      'vllm:time_to_first_token_seconds_sum': 1.5,
      'vllm:time_to_first_token_seconds_count': 7,
      DCGM_FI_DEV_GPU_UTIL: 97,
      bare: Number.NaN,
      exemplar_total: 17,
    });
    expect(page.unreadable).toBe(0);
  });

  it('reads labels with escapes, blanks and a comma too many', () => {
    const { labels } = page.samples.find(({ name }) => name === 'DCGM_FI_DEV_GPU_UTIL')!;
    expect(labels).toEqual({ gpu: '0', UUID: 'GPU-1', pci: 'a\\b"c\nd}' });
  });

  it('knows the types of families and of their parts', () => {
    const types = page.samples.map(({ name }) => sampleType(page, name));
    expect(types).toEqual([
      'gauge',
      'counter',
      'counter',
      'counter',
      'counter',
      'untyped',
      'untyped',
      'counter',
    ]);
  });

  test.each([
    '{a="b"} 1',
    'a{b="c} 1',
    'a{b=c} 1',
    'a',
    'a{} x',
    'a{b="c"',
    '{"error": "not found"}',
    '<html>',
  ])('leaves out %j and counts it', (row) => {
    expect(parsePrometheusText(`${row}\nfine 1\n`)).toMatchObject({
      samples: [{ name: 'fine', value: 1 }],
      unreadable: 1,
    });
  });
});
