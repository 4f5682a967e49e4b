/** Who is measured: named endpoints, or the embedded simulator when there are none. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { ServerSettings } from '../config/schema.js';
import { getProxyForUrl } from 'proxy-from-env';
import { discoverModel, type Security } from '../engine/index.js';
import type { EndpointKind } from '../lib/endpoint-kinds.js';
import { FakeaiError, messageOf } from '../lib/errors.js';
import { redactUrl } from '../results/redact.js';
import { startServer, type RunningServer } from '../server/index.js';
import type { Target } from '../workloads/plan.js';

/** The part of the settings of a run that says who is measured, and how to ask. */
export interface TargetSettings {
  url?: string | undefined;
  target: string[];
  /** A port of this machine, whose server somebody else starts. */
  onPort?: number | undefined;
  model?: string | undefined;
  apiKey?: string | undefined;
  header: string[];
  endpoint?: EndpointKind | undefined;
  insecure?: boolean | undefined;
  ca?: string | undefined;
  http2?: boolean | undefined;
  proxy?: string | undefined;
}

export interface ResolvedTargets {
  targets: Target[];
  model: string;
  /** Sent with each request. */
  headers: Record<string, string>;
  /** How connections of `https:` URLs are made. */
  security: Security;
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
 * @param server - settings of the embedded simulator; needed when no target is named
 */
export async function resolveTargets(
  settings: TargetSettings,
  server: ServerSettings | undefined,
): Promise<ResolvedTargets> {
  // The embedded simulator has keys that nobody else need know.
  const headers = requestHeaders({ ...settings, apiKey: settings.apiKey ?? keyOf(server) });
  const security = await securityOf(settings);
  const targets = throughProxy(namedTargets(settings), settings.proxy);
  if (!server) {
    const model = settings.model ?? (await modelOf(settings, targets[0]!, headers, security));
    return { targets, model, headers, security };
  }
  const embedded = await startServer({
    ...server,
    host: '127.0.0.1',
    port: 0,
    threads: embeddedThreads(server),
  });
  const target = { name: 'simulator', url: embedded.url };
  return { targets: [target], model: settings.model ?? embedded.model, headers, security, embedded };
}

/** A raw endpoint may know no models, and nobody knows where it would list them. */
const modelOf = async (
  { endpoint }: TargetSettings,
  { url, proxy }: Target,
  headers: Record<string, string>,
  security: Security,
): Promise<string> =>
  endpoint === 'raw' ? 'raw' : discoverModel(url, headers, undefined, { security, proxy });

async function securityOf({ insecure, ca: path, http2 }: TargetSettings): Promise<Security> {
  const common = { ...(insecure && { insecure }), ...(http2 && { http2 }) };
  if (path === undefined) return common;
  try {
    const ca = await readFile(path, 'utf8');
    if (!ca.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it holds no certificate in PEM');
    return { ...common, ca };
  } catch (cause) {
    throw new FakeaiError('FAKEAI_FILE_UNREADABLE', { path, problem: messageOf(cause) }, { cause });
  }
}

/** `auto` for the embedded simulator: the cores that load generation leaves. */
function embeddedThreads({ threads }: ServerSettings): number {
  return threads === 'auto' ? Math.max(1, availableParallelism() - resolveThreads('auto')) : threads;
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
  const { onPort, url = onPort === undefined ? undefined : `http://127.0.0.1:${onPort}` } = settings;
  return url === undefined ? named : [{ name: 'target', url }];
}

/** Targets with the proxies that lead to them; without being asked to, nobody looks into the environment for one. */
function throughProxy(targets: readonly Target[], setting = 'none'): Target[] {
  const asked = setting.trim();
  if (/^none$/i.test(asked)) return [...targets];
  const fromEnvironment = /^env$/i.test(asked);
  return targets.map((target) => {
    const proxy = fromEnvironment ? getProxyForUrl(target.url) : asked;
    if (proxy === '') return target;
    if (URL.canParse(proxy) && /^https?:/i.test(proxy)) return { ...target, proxy: new URL(proxy).href };
    throw new FakeaiError('FAKEAI_SETTING_INVALID', {
      where: fromEnvironment ? '--proxy env' : '--proxy',
      problem: `"${redactUrl(proxy)}" is not the URL of an HTTP proxy`,
      hint: 'Write it with its scheme, such as http://proxy.example:3128. SOCKS is not spoken.',
    });
  });
}

/** Anthropic has its own header for keys, and takes no request that does not name a version. */
/** The key for the embedded simulator; undefined where it needs none. */
const keyOf = (server: ServerSettings | undefined): string | undefined =>
  server?.apiKey[0] ?? (server?.requireApiKey === true ? 'any' : undefined);

function requestHeaders({ apiKey, header, endpoint }: TargetSettings): Record<string, string> {
  const headers: Record<string, string> =
    endpoint === 'messages'
      ? { 'anthropic-version': '2023-06-01', ...(apiKey && { 'x-api-key': apiKey }) }
      : { ...(apiKey && { authorization: `Bearer ${apiKey}` }) };
  for (const line of header) {
    const at = line.indexOf(':');
    headers[line.slice(0, at).trim().toLowerCase()] = line.slice(at + 1).trim();
  }
  return headers;
}
