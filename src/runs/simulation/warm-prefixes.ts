/** The beginnings that most requests of a plan share, so that a fleet can have them in its caches before the first request. */
import type { Plan } from '../../workloads/plan.js';
import { createOutlines, type RequestOutline } from '../../workloads/outlines.js';
import { tenantSalt } from './tenant-salt.js';

/** Requests that are looked at: the plan may have no end. */
const MOST_REQUESTS = 10_000;

/** A beginning: the content hashes of its blocks, and whose it is. */
export interface WarmPrefix {
  readonly blockHashes: readonly number[];
  readonly cacheSalt: string | undefined;
}

/** A block behind all blocks before it. */
interface Node {
  /** Requests whose prompts begin with it. */
  requests: number;
  readonly next: Map<number, Node>;
}

const newNode = (): Node => ({ requests: 0, next: new Map() });

/** Full blocks of the prompt itself, without those of its answer. */
const promptBlocks = ({ inputTokens, blockHashes }: RequestOutline, hashTokens: number): number =>
  Math.min(blockHashes.length, Math.floor(inputTokens / hashTokens));

/**
 * The beginnings that at least two requests share, as far as they share them, the most used first; among equals the one that
 * is used first.
 *
 * @param blockTokens - tokens of a cached block; traces name their own
 * @param most - how many at most
 */
export function sharedPrefixes(plan: Plan, blockTokens: number, most: number): WarmPrefix[] {
  if (most === 0) return [];
  const outlines = createOutlines(plan, blockTokens);
  const { hashTokens } = outlines;
  if (hashTokens === undefined) return [];
  const roots = new Map<string | undefined, Node>();
  const requests: RequestOutline[] = [];
  for (let i = 0; i < MOST_REQUESTS; i++) {
    const request = outlines.next();
    if (!request) break;
    requests.push(request);
    count(roots, request, promptBlocks(request, hashTokens));
  }
  const found = new Map<Node, WarmPrefix>();
  for (const request of requests) {
    const deepest = deepestShared(roots, request, promptBlocks(request, hashTokens));
    if (deepest && !found.has(deepest.node)) found.set(deepest.node, deepest.prefix);
  }
  return [...found]
    .toSorted(([a], [b]) => b.requests - a.requests)
    .slice(0, most)
    .map(([, prefix]) => prefix);
}

function count(roots: Map<string | undefined, Node>, request: RequestOutline, blocks: number): void {
  const salt = tenantSalt(request.sender);
  let node: Node = roots.get(salt) ?? newNode();
  roots.set(salt, node);
  for (let block = 0; block < blocks; block++) {
    const hash = request.blockHashes[block]!;
    const next: Node = node.next.get(hash) ?? newNode();
    node.next.set(hash, next);
    next.requests++;
    node = next;
  }
}

function deepestShared(
  roots: ReadonlyMap<string | undefined, Node>,
  request: RequestOutline,
  blocks: number,
): { node: Node; prefix: WarmPrefix } | undefined {
  const cacheSalt = tenantSalt(request.sender);
  let node: Node = roots.get(cacheSalt)!;
  let depth = 0;
  for (; depth < blocks; depth++) {
    const next: Node = node.next.get(request.blockHashes[depth]!)!;
    if (next.requests < 2) break;
    node = next;
  }
  if (depth === 0) return undefined;
  const blockHashes = Array.from({ length: depth }, (_, block) => request.blockHashes[block]!);
  return { node, prefix: { blockHashes, cacheSalt } };
}
