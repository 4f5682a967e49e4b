import { expect, test } from 'vitest';
import type { JobRecord } from '../../../../src/server/protocols/openai/fine-tuning/job-records.js';
import { metricsOf } from '../../../../src/server/protocols/openai/fine-tuning/curves.js';

const job = (fields: Partial<JobRecord>): JobRecord =>
  ({ id: 'ftjob-x', seed: 1, steps: 100, method: 'supervised', validationFile: null, learningRate: 1.8, ...fields }) as JobRecord; // prettier-ignore

const lossAt = (step: number, fields: Partial<JobRecord> = {}): number =>
  metricsOf(job(fields), step)['train_loss']!;

test('a loss falls, sooner with a higher learning rate, and is the same for the same job', () => {
  expect(lossAt(5)).toBeGreaterThan(lossAt(50));
  expect(lossAt(50)).toBeGreaterThan(lossAt(100));
  expect(lossAt(20, { learningRate: 3.6 })).toBeLessThan(lossAt(20) - 0.2);
  expect(lossAt(20, { learningRate: 0.9 })).toBeGreaterThan(lossAt(20) + 0.2);
  expect(lossAt(20)).toBe(lossAt(20));
  expect(lossAt(20, { seed: 2 })).not.toBe(lossAt(20));
});

const valueAt = (step: number, name: string, fields: Partial<JobRecord>): number | undefined =>
  metricsOf(job({ id: 'ftjob-y', validationFile: 'file-v', ...fields }), step)[name];

test('a preference begins at the loss of a coin, and falls further with a higher beta, which moves the model less', () => {
  const dpo = (beta: number) => ({ method: 'dpo' as const, special: { beta } });
  expect(Math.abs(valueAt(1, 'train_loss', dpo(0.1))! - Math.LN2)).toBeLessThan(0.1);
  expect(valueAt(100, 'train_loss', dpo(0.1))).toBeLessThan(0.3);
  expect(valueAt(100, 'train_loss', dpo(1))).toBeLessThan(valueAt(100, 'train_loss', dpo(0.1))! / 5);
});

test('rewards go from what was measured towards the best, as the hyperparameters say', () => {
  const rewards = { train: 2, valid: 1, best: 7, thoughts: 100 };
  const rft = (special: JobRecord['special']) => ({ method: 'reinforcement' as const, special, rewards });
  const reward = (step: number, special: JobRecord['special']) =>
    valueAt(step, 'train_reward_mean', rft(special))!;
  expect(Math.abs(reward(1, {}) - 2)).toBeLessThan(0.6);
  expect(reward(100, {})).toBeGreaterThan(5);
  expect(reward(100, {})).toBeLessThanOrEqual(7);
  expect(reward(10, { compute_multiplier: 10 })).toBeGreaterThan(reward(10, { compute_multiplier: 1 }) + 0.3);
  expect(reward(100, { reasoning_effort: 'high' })).toBeGreaterThan(reward(100, { reasoning_effort: 'low' }));
  const thoughts = (step: number) => valueAt(step, 'train_mean_reasoning_tokens', rft({}))!;
  expect(thoughts(100)).toBeGreaterThan(thoughts(1) * 1.15);
  const evaluated = Array.from({ length: 100 }, (_, i) => i + 1).filter(
    (step) => valueAt(step, 'valid_reward_mean', rft({ eval_interval: 30 })) !== undefined,
  );
  expect(evaluated).toEqual([30, 60, 90, 100]);
  const scatter = (samples: number): number => {
    const values = [98, 99, 100].map((step) =>
      valueAt(step, 'valid_reward_mean', rft({ eval_samples: samples }))!,
    );
    return Math.max(...values) - Math.min(...values);
  };
  expect(scatter(100)).toBeLessThan(scatter(1));
});
