/** What tools ask the server itself for, as a client would. */
import type { ServerContext } from '../../../context.js';
import { ApiError } from '../errors.js';

/**
 * Asks the server itself for what it serves.
 *
 * @param at - where in the request it is that leads there, for errors
 * @throws ApiError that it answered
 */
export async function askServer(
  context: ServerContext,
  path: string,
  body: object,
  at: string,
): Promise<unknown> {
  const bytes = Buffer.from(JSON.stringify(body), 'utf8');
  const answer = await context.dispatch({ method: 'POST', path, body: bytes });
  const value: unknown = JSON.parse(answer.body.toString('utf8'));
  if (answer.status < 400) return value;
  const { error } = value as { error: { message: string; code: string | null } };
  throw new ApiError({ status: answer.status, message: error.message, code: error.code, param: at });
}
