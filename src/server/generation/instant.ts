/** Answers take no time. */
import { LatenessHistogram } from '../../lib/lateness.js';
import {
  ENDED,
  type Generation,
  type GenerationListener,
  type GenerationRequest,
  type Generator,
  NO_USAGE,
} from './generator.js';

/** Every token is ready on arrival: all credit comes while {@link start} runs. */
export class InstantGenerator implements Generator {
  readonly lateness = new LatenessHistogram();

  start(request: GenerationRequest, listener: GenerationListener): Generation {
    const { arrivalMs, outputTokens = request.maxTokens } = request;
    listener.onAccepted();
    if (outputTokens > 0) listener.onTokens(outputTokens, NO_USAGE, arrivalMs);
    listener.onFinished(NO_USAGE, arrivalMs);
    return ENDED;
  }

  readyAtOnce(): boolean {
    return true;
  }

  close(): void {}
}
