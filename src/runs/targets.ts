/** Who is measured: named endpoints, or the embedded simulator when there are none. */
import { availableParallelism } from 'node:os';
import type { ServerSettings } from '../config/schema.js';
import { discoverModel } from '../engine/index.js';
import { FakeaiError } from '../lib/errors.js';
import { startServer, type RunningServer } from '../server/index.js';
import type { Target } from '../workloads/plan.js';

/** The part of the settings of a run that says who is measured, and how to ask. */
export interface TargetSettings {
  url?: string | undefined;
  target: string[];
  model?: string | undefined;
  apiKey?: string | undefined;
  apiKeyEnv?: string | undefined;
  header: string[];
}

export interface ResolvedTargets {
  targets: Target[];
  model: string;
  /** Sent with each request. */
  headers: Record<string, string>;
  /** The embedded simulator, if it is the target; whoever resolved the targets closes it. */
  embedded?: RunningServer;
}

/** `auto` for load threads: half of the cores, so that an embedded or local server has the other half. */
export function resolveThreads(threads: 'auto' | number): number {
  return threads === 'auto' ? Math.max(1, Math.min(8, Math.floor(availableParallelism() / 2))) : threads;
}

/**
 * Resolves the targets of a run; starts the embedded simulator when none is named.
 *
 * @param settings - who to ask, for what model, with which headers
 * @param server - settings of the embedded simulator
 * @param env - where `apiKeyEnv` is looked up
 */
export async function resolveTargets(
  settings: TargetSettings,
  server: ServerSettings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ResolvedTargets> {
  const headers = requestHeaders(settings, env);
  const targets = namedTargets(settings);
  if (targets.length > 0) {
    const model = settings.model ?? (await discoverModel(targets[0]!.url, headers));
    return { targets, model, headers };
  }
  const model = settings.model ?? server.model[0]!;
  const embedded = await startServer({
    ...server,
    host: '127.0.0.1',
    port: 0,
    model: server.model.includes(model) ? server.model : [model, ...server.model],
  });
  return { targets: [{ name: 'simulator', url: embedded.url }], model, headers, embedded };
}

function namedTargets(settings: TargetSettings): Target[] {
  const named = settings.target.map((text) => {
    const at = text.indexOf('=');
    return { name: text.slice(0, at), url: text.slice(at + 1) };
  });
  const twice = named.find((t, i) => named.findIndex((other) => other.name === t.name) !== i);
  if (twice) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: '--target',
      problem: `the name "${twice.name}" is given twice`,
      hint: 'Give each target a name of its own.',
    });
  }
  return settings.url ? [{ name: 'target', url: settings.url }, ...named] : named;
}

function requestHeaders(
  settings: TargetSettings,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const key = settings.apiKeyEnv ? env[settings.apiKeyEnv] : settings.apiKey;
  if (settings.apiKeyEnv && !key) {
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: '--api-key-env',
      problem: `the environment variable ${settings.apiKeyEnv} is not set`,
      hint: `Set it, for example: export ${settings.apiKeyEnv}=…`,
    });
  }
  const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};
  for (const line of settings.header) {
    const at = line.indexOf(':');
    headers[line.slice(0, at).trim().toLowerCase()] = line.slice(at + 1).trim();
  }
  return headers;
}
