/** Which dialect the answers of a plan speak. */
import type { Plan } from '../../workloads/plan.js';
import { chatDialect } from './chat.js';
import type { Dialect } from './dialect.js';
import {
  embeddingsDialect,
  imagesDialect,
  moderationsDialect,
  rerankDialect,
  speechDialect,
  transcriptionDialect,
} from './items.js';
import { messagesDialect } from './messages.js';
import { rawDialect } from './raw.js';
import { responsesDialect } from './responses.js';

/** The dialect of a plan's endpoint. */
export function dialectOf({ endpoint, endpointOptions }: Plan): Dialect {
  switch (endpoint) {
    case 'chat':
    case 'completions':
      return chatDialect;
    case 'responses':
      return responsesDialect;
    case 'messages':
      return messagesDialect;
    case 'embeddings':
      return embeddingsDialect;
    case 'rerank':
      return rerankDialect;
    case 'images':
      return imagesDialect;
    case 'moderations':
      return moderationsDialect;
    case 'speech':
      return speechDialect;
    case 'transcription':
    case 'translation':
      return transcriptionDialect(endpointOptions?.audioSeconds ?? 0);
    case 'raw':
      return rawDialect(endpointOptions?.raw ?? { template: '' });
  }
}
