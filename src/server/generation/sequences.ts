/**
 * The sequences of one answer, one per choice: begun together, refused together, given up together. A request that was begun is either
 * answered or lost, and counted once: whoever answers it says {@link Sequences.end}.
 */
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
  /** Another token of a choice comes soon. */
  near?(choice: number): void;
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
      const generation = generator.start(request, new ChoiceListener(this, choice++));
      if (choice === 1) this.#generations = [generation];
      else this.#generations.push(generation);
    }
    // What ended while it was being started could not be told so then.
    if (this.#over) this.end();
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
    this.#generations[choice]?.complete();
  }

  /** The reader has gone before the answer was complete: the request is lost, also where the engine was through with it. */
  cancel(): void {
    this.#lose('cancelled');
  }

  /** The answer is complete, or somebody else goes on with the request: nothing more is wanted, and nobody has lost anything. */
  end(): void {
    this.#over = true;
    for (const generation of this.#generations) generation.cancel();
  }

  #lose(why: GenerationFailure | 'cancelled'): void {
    if (!this.#over) this.#begun?.generator.lost?.(this.#begun.model, this.#kind, why);
    this.end();
  }

  /** Tells what happened to all while they were begun. */
  #started(): void {
    this.#starting = false;
    if (this.#pending === 0) this.#owner.accepted();
    if (this.#running === 0 && !this.#over) this.#owner.finished();
  }

  /** A choice was taken in. */
  choiceAccepted(): void {
    if (--this.#pending === 0 && !this.#over && !this.#starting) this.#owner.accepted();
  }

  /** More tokens of a choice are ready. */
  choiceTokens(choice: number, count: number, usage: GenerationUsage, together: boolean): void {
    if (this.#over) return;
    if (this.#usages[choice] !== usage) this.#usages[choice] = usage;
    this.#owner.tokens(choice, count, together);
  }

  /** Another token of a choice comes soon. */
  choiceNear(choice: number): void {
    if (!this.#over) this.#owner.near?.(choice);
  }

  /** All tokens of a choice are ready. */
  choiceFinished(choice: number, usage: GenerationUsage): void {
    if (this.#over) return;
    this.#usages[choice] = usage;
    if (--this.#running === 0 && !this.#starting) this.#owner.finished();
  }

  /** A choice was refused or lost. */
  choiceFailed(failure: GenerationFailure): void {
    if (this.#over) return;
    this.#lose(failure);
    this.#owner.failed(failure);
  }
}

/** Hears of one choice. A class, not four closures: it is called for every token, and each closure would be memory of its own to look at. */
class ChoiceListener implements GenerationListener {
  readonly #sequences: Sequences;
  readonly #choice: number;

  constructor(sequences: Sequences, choice: number) {
    this.#sequences = sequences;
    this.#choice = choice;
  }

  onAccepted(): void {
    this.#sequences.choiceAccepted();
  }

  onTokens(count: number, usage: GenerationUsage, _readyMs: number, together = false): void {
    this.#sequences.choiceTokens(this.#choice, count, usage, together);
  }

  onNear(): void {
    this.#sequences.choiceNear(this.#choice);
  }

  onFinished(usage: GenerationUsage): void {
    this.#sequences.choiceFinished(this.#choice, usage);
  }

  onFailed(failure: GenerationFailure): void {
    this.#sequences.choiceFailed(failure);
  }
}
