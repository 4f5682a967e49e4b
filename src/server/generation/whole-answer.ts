/** An answer in one piece: it waits for its last token, as long as a streamed one takes. Knows no wire shape. */
import type { Reply } from '../routing/reply.js';
import type { Endpoint } from '../telemetry/endpoint-kinds.js';
import {
  type GenerationFailure,
  type GenerationRequest,
  type GenerationUsage,
  type Generator,
  NO_USAGE,
} from './generator.js';
import { Sequences } from './sequences.js';

/** What {@link answerWhole} needs. */
export interface WholeAnswerOptions {
  reply: Reply;
  generator: Generator;
  /** Default `chat_completions`. */
  endpoint?: Endpoint;
  /** One per choice, with `outputTokens` where they are known: else the answer takes as long as `maxTokens`. */
  requests: readonly GenerationRequest[];
  /** Sends the answer: all tokens are ready. */
  ready: (usage: GenerationUsage) => void;
  /** Makes the error in place of the answer. */
  refuse: (failure: GenerationFailure) => Error;
}

/** Sends an answer when all its tokens are ready; gives it up when the client goes. */
export function answerWhole(options: WholeAnswerOptions): void {
  const { reply, generator, endpoint = 'chat_completions', requests, ready, refuse } = options;
  if (takenAtOnce(generator, requests)) {
    ready(NO_USAGE);
    return;
  }
  const sequences = new Sequences(
    requests.length,
    {
      accepted: () => {},
      tokens: () => {},
      finished: () => {
        sequences.end();
        ready(sequences.usage);
      },
      failed: (failure) => reply.fail(refuse(failure)),
    },
    { endpoint, streamed: false },
  );
  reply.onAbort(() => sequences.cancel());
  sequences.start(generator, requests);
}

/** Hands over the only sequence of a request, if there is nothing to wait for. */
function takenAtOnce(generator: Generator, requests: readonly GenerationRequest[]): boolean {
  const [request] = requests;
  if (requests.length !== 1 || request!.pace !== undefined) return false;
  if (generator.readyAtOnce?.(request!.model, request!.promptTokens) !== true) return false;
  if ((request!.outputTokens ?? request!.maxTokens) === 0) return false;
  generator.takeAtOnce?.(request!);
  return true;
}
