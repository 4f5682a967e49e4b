/** Conditions on single requests: what makes one of them good. */
import type { RequestCondition } from './plan.js';

const COMPARE: Record<RequestCondition['operator'], (value: number, limit: number) => boolean> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

/** Whether a value meets a condition. */
export const meets = (value: number, operator: RequestCondition['operator'], limit: number): boolean =>
  COMPARE[operator](value, limit);
