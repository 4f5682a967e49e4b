/** The tools that the server runs for a run: when the model calls them, and what really comes of it. */
import { programFor, isCalculation, type ProgramFile } from '../../../../simulator/python/program.js';
import type { ServerContext } from '../../../context.js';
import type { Store } from '../../../store/store.js';
import { FILES } from '../files/file-records.js';
import { TELLING_SCORE, TOOL_WORDS } from '../tool-words.js';
import { isExpired, VECTOR_STORES, type VectorStoreRecord } from '../vector-stores/records.js';
import { WORDS_SHARE } from '../vector-stores/ranking.js';
import { type Found, searchStores } from '../vector-stores/search.js';
import type { ToolFields } from './fields.js';
import { ASSISTANTS, type CodeCall, type KeptRun, type SearchCall, THREADS } from './records.js';
import { resourcesOf } from './resources.js';

export type ServerTool = 'file_search' | 'code_interpreter';

/** A call as the model writes it. */
export interface ServerCall {
  name: ServerTool;
  /** A query, or a program. */
  arguments: string;
}

/** OpenAI's limit of a tool that does not say another. */
const MAX_RESULTS = 20;
const MAX_QUERY = 1000;

/** Whether a run has vector stores whose files are still being read: it waits for them for a while. */
export async function isReading(context: ServerContext, store: Store, run: KeptRun): Promise<boolean> {
  if (!run.tools.some(({ type }) => type === 'file_search')) return false;
  return (await RunTools.of(context, store, run)).isReading;
}

/** See the file's head: made anew for each turn. */
export class RunTools {
  readonly #context: ServerContext;
  readonly #run: KeptRun;
  readonly #files: ProgramFile[];
  readonly #vectorStores: VectorStoreRecord[];

  private constructor(
    context: ServerContext,
    run: KeptRun,
    files: ProgramFile[],
    vectorStores: VectorStoreRecord[],
  ) {
    this.#context = context;
    this.#run = run;
    this.#files = files;
    this.#vectorStores = vectorStores;
  }

  /** With what the run, its assistant and its thread have now. */
  static async of(context: ServerContext, store: Store, run: KeptRun): Promise<RunTools> {
    const assistant = await store.get(ASSISTANTS, run.assistant_id);
    const resources = resourcesOf(run, assistant, await store.get(THREADS, run.thread_id));
    const files = await Promise.all(resources.files.map((id) => store.get(FILES, id)));
    const stores = await Promise.all(resources.vectorStores.map((id) => store.get(VECTOR_STORES, id)));
    return new RunTools(
      context,
      run,
      // Under the name that OpenAI's interpreter gives them.
      files.flatMap((file) => (file ? [{ name: file.id, bytes: file.bytes }] : [])),
      stores.flatMap((one) => one ?? []),
    );
  }

  /** Whether files of its vector stores are still being read. */
  get isReading(): boolean {
    return this.#vectorStores.some(({ counts }) => counts.in_progress > 0);
  }

  /**
   * The calls of a turn.
   *
   * @param words - the user's latest
   * @param called - what was called before
   * @param isFirst - the first turn, whose calls `tool_choice` decides
   */
  async calls(words: string, called: ReadonlySet<string>, isFirst: boolean): Promise<ServerCall[]> {
    const { tool_choice: choice, tools, parallel_tool_calls: parallel } = this.#run;
    const kinds = [...new Set(tools.map(({ type }) => type))].filter((type) => type !== 'function');
    if (choice === 'none') return [];
    const named = isFirst && typeof choice === 'object' ? choice.type : undefined;
    if (named !== undefined)
      return kinds.filter((kind) => kind === named).map((kind) => this.#call(kind, words));
    const meant: ServerTool[] = [];
    for (const kind of kinds) if (!called.has(kind) && (await this.#isMeant(kind, words))) meant.push(kind);
    const isForced = isFirst && choice === 'required' && !tools.some(({ type }) => type === 'function');
    if (meant.length === 0 && isForced) meant.push(...kinds.slice(0, 1));
    return (parallel ? meant : meant.slice(0, 1)).map((kind) => this.#call(kind, words));
  }

  async #isMeant(kind: ServerTool, words: string): Promise<boolean> {
    if (TOOL_WORDS[kind].test(words)) return true;
    if (kind === 'code_interpreter') return isCalculation(words);
    if (this.#vectorStores.length === 0) return false;
    const [best] = await this.#search(words, 1, 0);
    return best !== undefined && best.score >= TELLING_SCORE;
  }

  #call(name: ServerTool, words: string): ServerCall {
    const query = words.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_QUERY) || 'anything';
    return { name, arguments: name === 'file_search' ? query : programFor(words, this.#files).code };
  }

  /** What comes of a call. */
  async result(id: string, name: ServerTool, text: string, words: string): Promise<CodeCall | SearchCall> {
    if (name === 'code_interpreter') {
      const { logs } = programFor(words, this.#files);
      return { id, type: name, code_interpreter: { input: text, outputs: [{ type: 'logs', logs }] } };
    }
    const tool = this.#run.tools.find(
      (one): one is ToolFields & { type: 'file_search' } => one.type === name,
    );
    const { max_num_results: limit, ranking_options: ranking } = tool?.file_search ?? {};
    const threshold = ranking?.score_threshold ?? 0;
    const found = await this.#search(text, limit ?? MAX_RESULTS, threshold);
    return {
      id,
      type: name,
      file_search: {
        ranking_options: { ranker: ranking?.ranker ?? 'auto', score_threshold: threshold },
        results: found.map(({ file, filename, score, text: content }) => ({
          file_id: file,
          file_name: filename,
          score,
          content: [{ type: 'text', text: content }],
        })),
      },
    };
  }

  #search(query: string, limit: number, threshold: number): Promise<Found[]> {
    const nowS = Math.floor(this.#context.clock.wallMs() / 1000);
    // What has expired has nothing to say; a run does not fail for it.
    const alive = this.#vectorStores.filter((one) => !isExpired(one, nowS));
    return searchStores(this.#context, alive, {
      queries: [query.trim() || 'anything'],
      wordsShare: WORDS_SHARE,
      limit,
      threshold,
    });
  }
}
