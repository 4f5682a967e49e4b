/** All that the server answers. */
import type { ServerContext } from './context.js';
import { messagesRoutes } from './protocols/anthropic/routes.js';
import { chatRoutes } from './protocols/openai/chat/chat.js';
import { embeddingRoutes } from './protocols/openai/embeddings/routes.js';
import { moderationRoutes } from './protocols/openai/moderations.js';
import { rankingRoutes } from './protocols/rerank/nim.js';
import { rerankRoutes } from './protocols/rerank/rerank.js';
import { modelRoutes } from './protocols/openai/models.js';
import { missingRoutes } from './protocols/openai/operations.js';
import { textRoutes } from './protocols/openai/text-routes.js';
import { mediaRoutes } from './protocols/openai/media-routes.js';
import { resourceRoutes } from './protocols/openai/resource-routes.js';
import { telemetryRoutes } from './telemetry/routes.js';
import { healthRoutes } from './protocols/health.js';
import type { Route } from './routing/route.js';

/** A part of the API. What takes time or memory to load is loaded when it is first asked for. */
type Family = (context: ServerContext) => Route[];

const FAMILIES: readonly Family[] = [
  chatRoutes,
  textRoutes,
  messagesRoutes,
  modelRoutes,
  embeddingRoutes,
  rankingRoutes,
  rerankRoutes,
  moderationRoutes,
  resourceRoutes,
  mediaRoutes,
  healthRoutes,
  telemetryRoutes,
];

/** All routes of a thread: what the families answer, and of the rest of OpenAI's API that it is not there yet. */
export function allRoutes(context: ServerContext): Route[] {
  const routes = FAMILIES.flatMap((family) => family(context));
  return [...routes, ...missingRoutes(routes)];
}
