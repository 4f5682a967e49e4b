/** The effects of the settings of `bench` that decide when requests leave, other than a plain rate or concurrency. */
import { GUARD, performAgainstTarget, target } from './runs.js';
import { AtLeast, type EffectRow } from './situations.js';

const section = 'bench';
const SHAPES = [1, 0.05, 0.2, 50];
/** How many requests runs with each of the shapes send: the same in every situation. */
const countByShape = new Map<number, number>();

export const LOAD_SHAPE_ROWS: EffectRow[] = [
  {
    path: 'bench.burstiness',
    given: [0.05, '0.2', 50],
    seen: [[1], [0.05], [0.2], [50]],
    // How many requests fit into a time depends on the shape and the seed alone.
    observe: async (context) => {
      const countWith = async (override?: { burstiness: number }): Promise<number> => {
        target.reset();
        await performAgainstTarget(context, {
          section,
          beside: {
            rate: 400,
            arrivals: 'gamma',
            duration: '100ms',
            concurrency: undefined,
            requests: undefined,
          },
          ...(override && { override }),
        });
        return target.requests.length;
      };
      const count = await countWith();
      for (const burstiness of SHAPES)
        if (!countByShape.has(burstiness)) countByShape.set(burstiness, await countWith({ burstiness }));
      return SHAPES.filter((shape) => countByShape.get(shape) === count);
    },
  },
  {
    path: 'bench.stages',
    given: ['50ms@100rps', '100ms@100rps', '50ms@100rps,50ms@200rps'],
    // Without stages all the requests are sent; stages end before that.
    seen: [100, 5, 10, 15],
    observe: async (context) => {
      const beside = { arrivals: 'constant', concurrency: undefined };
      await performAgainstTarget(context, { section, requests: 100, beside });
      return target.requests.length;
    },
  },
  {
    path: 'bench.burst',
    given: [2, '3', 4],
    // At once, and altogether.
    seen: [
      [8, 12],
      [2, 2],
      [3, 3],
      [4, 4],
    ],
    observe: async (context) => {
      target.holdUntil((context.expected as [number])[0]);
      const beside = { concurrency: undefined, threads: 1, timeout: GUARD };
      await performAgainstTarget(context, { section, requests: 12, beside });
      return [target.mostInFlight, target.requests.length];
    },
  },
  {
    path: 'bench.users',
    given: [2, '3', 4],
    // All of them at once, and never more.
    seen: [8, 2, 3, 4],
    observe: async (context) => {
      target.holdUntil(context.expected as number);
      const beside = { concurrency: undefined, threads: 1, timeout: GUARD };
      await performAgainstTarget(context, { section, requests: 12, beside });
      return target.mostInFlight;
    },
  },
  {
    path: 'bench.thinkTime',
    given: ['60ms', '120ms', '180'],
    // One user, who thinks twice between three requests, and a part of the time before the first.
    seen: [new AtLeast(0), new AtLeast(120), new AtLeast(240), new AtLeast(360)],
    observe: async (context) => {
      const beside = { users: 1, concurrency: undefined };
      const run = await performAgainstTarget(context, { section, requests: 3, beside });
      return run.targets[0]!.measuredMs;
    },
  },
];
