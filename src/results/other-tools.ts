/** What other tools call the same, and where their definitions differ: for the reference and for reports. */
import type { MetricName } from './metrics.js';

/** Tools that users compare with. */
export const OTHER_TOOLS = ['AIPerf', 'GuideLLM', 'vLLM bench serve'] as const;
type Tool = (typeof OTHER_TOOLS)[number];

/** Its name there, with the difference if there is one; nothing where the tool has no such figure. */
export const ELSEWHERE: Partial<Record<MetricName, Partial<Record<Tool, string>>>> = {
  e2e: {
    AIPerf: '`request_latency`: to the last response with content, not to the end',
    GuideLLM: '`request_latency`, in seconds',
    'vLLM bench serve': '`e2el`: to the last event, not to the end of the response',
  },
  ttfe: { 'vLLM bench serve': '`ttft` where the first event has a choice without text' },
  ttft: {
    AIPerf: '`time_to_first_token`',
    GuideLLM: '`time_to_first_token_ms`',
    'vLLM bench serve': '`ttft`: to the first event with a choice, even without text',
  },
  ttfo: { AIPerf: '`time_to_first_output_token`', GuideLLM: '`time_to_first_output_token_ms`' },
  ttst: { AIPerf: '`time_to_second_token`' },
  itl: {
    AIPerf: 'none per token: its `inter_token_latency` is one mean per request, our tpot',
    GuideLLM: 'none per token: its `inter_token_latency_ms` is one mean per request, our tpot',
    'vLLM bench serve': 'its `itl` has one value per chunk, our icl',
  },
  icl: {
    AIPerf: '`inter_chunk_latency`',
    'vLLM bench serve': '`itl`',
  },
  tpot: {
    AIPerf:
      '`inter_token_latency`; with its `--per-chunk-usage` it divides by the tokens after the first chunk',
    GuideLLM:
      '`inter_token_latency_ms`; its `time_per_output_token_ms` divides by all tokens and includes TTFT',
    'vLLM bench serve': '`tpot`: (last event − first event) / (tokens − 1)',
  },
  output_rate_per_user: { AIPerf: '`output_token_throughput_per_user`: 1 / inter-token latency' },
  input_tokens: {
    AIPerf: '`input_sequence_length`, counted with a tokenizer on its own side',
    GuideLLM: '`prompt_token_count`',
    'vLLM bench serve': '`total_input`, the planned lengths',
  },
  output_tokens: {
    AIPerf: '`output_sequence_length`, counted with a tokenizer, reasoning included',
    GuideLLM: '`output_token_count`',
    'vLLM bench serve': '`total_output`: usage, else a tokenizer over the text',
  },
  reasoning_tokens: { AIPerf: '`reasoning_token_count`' },
  rtf: { AIPerf: '`rtfx`, the inverse: seconds of sound that was sent per second' },
  tokens_per_chunk: { GuideLLM: '`output_tokens_per_iteration`' },
  request_rate: {
    AIPerf: '`request_throughput`',
    GuideLLM: '`requests_per_second`',
    'vLLM bench serve': '`request_throughput`',
  },
  output_token_rate: {
    AIPerf: '`output_token_throughput`',
    GuideLLM: '`output_tokens_per_second`',
    'vLLM bench serve': '`output_throughput`',
  },
  goodput: {
    AIPerf: '`goodput`: conditions of `--goodput` on each request',
    'vLLM bench serve': '`request_goodput`: conditions of `--goodput` on each request (ttft, tpot, e2el)',
  },
};
