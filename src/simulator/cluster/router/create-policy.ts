/** Builds a routing policy from its description. */

import { createRandom } from '../../../lib/random.js';
import { AbSplit } from './ab-split.js';
import { Adaptive, type AdaptiveOptions } from './adaptive.js';
import { KvAware, type KvAwareOptions } from './kv-aware.js';
import type { RoutingPolicy } from './policy.js';
import { SessionAffinity, type SessionAffinityOptions } from './session-affinity.js';
import { LeastLoaded, RandomChoice, RoundRobin } from './simple-policies.js';

export type PolicySpec =
  | { readonly policy: 'round-robin' | 'random' | 'least-loaded' }
  | ({ readonly policy: 'kv' } & KvAwareOptions)
  | ({ readonly policy: 'adaptive' } & AdaptiveOptions)
  | ({ readonly policy: 'session'; readonly inner?: PolicySpec } & SessionAffinityOptions)
  | { readonly policy: 'ab'; readonly arms: readonly { name: string; share: number; router: PolicySpec }[] };

/**
 * @param spec - which policy, with its options
 * @param seed - of the cluster
 * @param path - names the random streams, so that the arms of a split are independent
 */
export function createPolicy(spec: PolicySpec, seed: number, path = 'router'): RoutingPolicy {
  switch (spec.policy) {
    case 'round-robin':
      return new RoundRobin();
    case 'random':
      return new RandomChoice(createRandom(seed, path));
    case 'least-loaded':
      return new LeastLoaded(createRandom(seed, path));
    case 'kv':
      return new KvAware(spec, createRandom(seed, path));
    case 'adaptive':
      return new Adaptive(spec, createRandom(seed, path));
    case 'session':
      return new SessionAffinity(
        spec,
        createPolicy(spec.inner ?? { policy: 'least-loaded' }, seed, `${path}/inner`),
      );
    case 'ab':
      return new AbSplit(
        spec.arms.map((arm) => ({
          name: arm.name,
          share: arm.share,
          policy: createPolicy(arm.router, seed, `${path}/${arm.name}`),
        })),
        seed,
      );
  }
}
