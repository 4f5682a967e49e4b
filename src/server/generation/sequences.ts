/** The sequences of one answer, one per choice: begun together, refused together, given up together. */
import {
  type Generation,
  type GenerationFailure,
  type GenerationListener,
  type GenerationRequest,
  type GenerationUsage,
  type Generator,
  NO_USAGE,
  type RequestKind,
} from './generator.js';

/** Who hears of them. */
export interface SequencesOwner {
  /** All have been taken in. */
  accepted(): void;
  /** More tokens of a choice are ready; `together` if they are one piece. */
  tokens(choice: number, count: number, together: boolean): void;
  /** All tokens of all choices are ready. */
  finished(): void;
  /** One was refused or lost; the others are given up. */
  failed(failure: GenerationFailure): void;
}

/** See the file's head. */
export class Sequences {
  readonly #owner: SequencesOwner;
  readonly #kind: RequestKind;
  // Most requests have one choice: a list that grows makes room for many.
  #generations: Generation[] = [];
  readonly #usages: GenerationUsage[];
  #pending: number;
  #running: number;
  #over = false;
  /** Choices that need no further tokens, before all of those were ready that might have been asked for. */
  #completed: Set<number> | undefined;
  /** Where they were begun, and for which model. */
  #begun: { readonly generator: Generator; readonly model: string } | undefined;
  /** While some are still to be begun: with what the others have at once, all go on together. */
  #starting = false;

  /** @param kind - of the request that they answer */
  constructor(count: number, owner: SequencesOwner, kind: RequestKind) {
    this.#owner = owner;
    this.#kind = kind;
    this.#usages = [NO_USAGE];
    for (let choice = 1; choice < count; choice++) this.#usages.push(NO_USAGE);
    this.#pending = count;
    this.#running = count;
  }

  /** Hands them to a generator, which may answer while this runs. */
  start(generator: Generator, requests: Iterable<GenerationRequest>): void {
    let choice = 0;
    this.#starting = this.#pending > 1;
    for (const request of requests) {
      if (this.#over) return;
      this.#begun ??= { generator, model: request.model };
      const generation = generator.start(request, this.#listener(choice++));
      if (choice === 1) this.#generations = [generation];
      else this.#generations.push(generation);
    }
    // What ended while it was being started could not be told so then.
    if (this.#over) this.cancel();
    else if (this.#starting) this.#started();
  }

  /** What all choices together used; the prompt, which they share, counts once. */
  get usage(): GenerationUsage {
    const [first = NO_USAGE] = this.#usages;
    if (this.#usages.length <= 1) return first;
    let acceptedPredictionTokens = 0;
    let rejectedPredictionTokens = 0;
    for (const usage of this.#usages) {
      acceptedPredictionTokens += usage.acceptedPredictionTokens;
      rejectedPredictionTokens += usage.rejectedPredictionTokens;
    }
    const { cachedTokens, cacheWriteTokens } = first;
    return { cachedTokens, cacheWriteTokens, acceptedPredictionTokens, rejectedPredictionTokens };
  }

  /** What one choice used so far. */
  usageOf(choice: number): GenerationUsage {
    return this.#usages[choice]!;
  }

  /** Whether the answer is over, so that nothing more is heard. */
  get over(): boolean {
    return this.#over;
  }

  /** A choice needs no further tokens. */
  complete(choice: number): void {
    (this.#completed ??= new Set()).add(choice);
    this.#generations[choice]?.complete();
  }

  /** The reader has gone, or needs nothing more. */
  cancel(): void {
    this.#end('cancelled');
  }

  #end(why: GenerationFailure | 'cancelled'): void {
    if (!this.#over && this.#needed) this.#begun?.generator.lost?.(this.#begun.model, this.#kind, why);
    this.#over = true;
    for (const generation of this.#generations) generation.cancel();
  }

  /** Whether some choice is neither ready nor complete. */
  get #needed(): boolean {
    return this.#running > 0 && (this.#completed?.size ?? 0) < this.#usages.length;
  }

  /** Tells what happened to all while they were begun. */
  #started(): void {
    this.#starting = false;
    if (this.#pending === 0) this.#owner.accepted();
    if (this.#running === 0 && !this.#over) this.#owner.finished();
  }

  #listener(choice: number): GenerationListener {
    return {
      onAccepted: () => {
        if (--this.#pending === 0 && !this.#over && !this.#starting) this.#owner.accepted();
      },
      onTokens: (count, usage, _readyMs, together = false) => {
        if (this.#over) return;
        this.#usages[choice] = usage;
        this.#owner.tokens(choice, count, together);
      },
      onFinished: (usage) => {
        if (this.#over) return;
        this.#usages[choice] = usage;
        if (--this.#running === 0 && !this.#starting) this.#owner.finished();
      },
      onFailed: (failure) => {
        if (this.#over) return;
        this.#end(failure);
        this.#owner.failed(failure);
      },
    };
  }
}
