/** Work that is not a chat: its time comes from the same engine, as that of a prompt and of so many tokens after it. */
import { digestOf } from '../../../lib/digest.js';
import type { ServerContext } from '../../context.js';
import type { OwnPace } from '../../generation/own-pace.js';
import { Sequences, type SequencesOwner } from '../../generation/sequences.js';
import type { Reply } from '../../routing/reply.js';
import type { Endpoint } from '../../telemetry/endpoint-kinds.js';
import { refusal } from './generation-errors.js';

/** What is to be done. */
export interface Work {
  model: string;
  /** Names it: equal work takes equally long. */
  texts: readonly string[];
  promptTokens: number;
  /** Tokens, or steps that each take as long as a token; 0 reads the prompt only. */
  steps: number;
  /** Default `other`. */
  endpoint?: Endpoint;
  /** How long it takes, where a fixture says so. */
  pace?: OwnPace | undefined;
}

/**
 * Resolves when work is done; never when the client goes before that.
 *
 * @param onSteps - called as steps are ready, with how many are so far
 * @throws ApiError when the engine refuses or loses it
 */
export function workDone(
  { generator }: ServerContext,
  reply: Reply,
  work: Work,
  onSteps?: (steps: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let steps = 0;
    const owner: SequencesOwner = {
      accepted: () => {},
      tokens: (_choice, count) => onSteps?.((steps += count)),
      finished: () => {
        sequences.end();
        resolve();
      },
      failed: (failure) => reject(refusal(failure)),
    };
    const { endpoint = 'other' } = work;
    const sequences = new Sequences(1, owner, { endpoint, streamed: false });
    reply.onAbort(() => sequences.cancel());
    sequences.start(generator, [
      {
        digest: digestOf([work.model, ...work.texts]),
        choice: 0,
        arrivalMs: reply.arrivalMs,
        model: work.model,
        promptTokens: work.promptTokens,
        maxTokens: Math.max(work.steps, 1),
        outputTokens: work.steps,
        ...(work.pace && { pace: work.pace }),
      },
    ]);
  });
}
