/** What decides how the output of a response is shown. */
import type { Digest } from '../../../../lib/digest.js';
import type { HostedPlan } from './hosted-plans.js';
import type { ItemView } from './item-view.js';
import type { Item } from './items.js';

/** How output is shown. */
export interface OutputOptions {
  seed: number;
  digest: Digest;
  /** Names what was asked: of equal requests it is equal, also of those that are kept. */
  asked: Digest;
  /** The response's id, if it is kept: its items can be found by their ids. */
  keptAs: string | undefined;
  /** Thoughts can be read as they are. */
  showsThoughts: boolean;
  /** Thoughts are summed up. */
  summarizes: boolean;
  /** Undefined without log probabilities. */
  topLogprobs: number | undefined;
  greedy: boolean;
  /** Which details are asked for. */
  include: ReadonlySet<string>;
  /** Servers whose tools are listed first. */
  servers: readonly ListedServer[];
  /** Calls of the server's own tools, in order. */
  hosted: readonly HostedPlan[];
  /** Calls of the client's that are no functions, by name. */
  views: ReadonlyMap<string, (callId: string) => ItemView>;
  /** Comes first, where what was said before was too long. */
  compaction?: { readonly item: Item; readonly tokens: number } | undefined;
  /** Nothing else comes. */
  isSilent: boolean;
}

/** A server whose tools are listed. */
export interface ListedServer {
  label: string;
  tools: readonly string[];
  /** Why they cannot be. */
  problem: string | undefined;
}
