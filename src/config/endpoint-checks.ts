/** Rules between the kind of endpoint that is asked and what its requests can hold. */
import { endpointOf, type EndpointKind } from '../lib/endpoint-kinds.js';
import { flagNameOf } from './describe-settings.js';
import type { Layer } from './layers.js';
import { refuse, type FlagOf } from './refuse.js';

/** Refuses flags of `bench` that requests to the endpoint have no place for. */
export function refuseIdleContentFlags(chosen: Layer, flag: FlagOf): void {
  for (const [key, needed, endpoints] of [
    ['imageSize', 'images', ['images']],
    ['audioSeconds', 'audio', ['transcription', 'translation']],
  ] as const) {
    const given = flag(`bench.${key}`);
    const endpoint = chosen.get('bench.endpoint')?.value;
    if (given && !chosen.has(`bench.${needed}`) && !(endpoints as readonly unknown[]).includes(endpoint)) {
      refuse(
        given,
        `has no effect without --${flagNameOf(needed)}`,
        `Add it, or --endpoint ${endpoints.join(' or ')}, or leave this out.`,
      );
    }
  }
  const endpoint = (chosen.get('bench.endpoint')?.value ?? 'chat') as EndpointKind;
  for (const key of ['tenants', 'priorities']) {
    const given = flag(`bench.${key}`);
    if (given && !['chat', 'completions', 'responses'].includes(endpoint))
      refuse(
        given,
        `has no place in requests to --endpoint ${endpoint}`,
        'Use chat, completions or responses.',
      );
  }
}

/** Refuses flags that need another kind of endpoint. */
export function refuseIdleEndpointFlags(chosen: Layer, section: 'bench' | 'replay', flag: FlagOf): void {
  const endpoint = (chosen.get(`${section}.endpoint`)?.value ?? 'chat') as EndpointKind;
  for (const [key, needed] of [
    ['rerankShape', 'rerank'],
    ['speechEvents', 'speech'],
    ['rawBody', 'raw'],
    ['rawText', 'raw'],
    ['rawUsage', 'raw'],
  ] as const) {
    const given = flag(`${section}.${key}`);
    if (given && endpoint !== needed)
      refuse(given, `has no effect without --endpoint ${needed}`, 'Add it, or leave this out.');
  }
  const { streams, many } = endpointOf(endpoint);
  const items = flag(`${section}.items`);
  if (items && many === undefined)
    refuse(items, `has no effect with --endpoint ${endpoint}`, 'Its requests are about one thing.');
  const streaming = flag(`${section}.streaming`);
  if (streaming?.value === true && !streams)
    refuse(streaming, `has no effect with --endpoint ${endpoint}`, 'Its answers are no streams.');
}
