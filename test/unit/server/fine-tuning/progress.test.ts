import { expect, test } from 'vitest';
import type { JobRecord } from '../../../../src/server/protocols/openai/fine-tuning/job-records.js';
import { metricsOf } from '../../../../src/server/protocols/openai/fine-tuning/progress.js';

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
