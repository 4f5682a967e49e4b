/** Holds events of realtime sessions against the specification. */
import { readFileSync } from 'node:fs';
import { expectSchema } from './spec.js';

const { $defs } = JSON.parse(readFileSync(new URL('../spec/realtime.json', import.meta.url), 'utf8')) as {
  $defs: Record<string, { properties?: { type?: { const?: string; enum?: string[] } } }>;
};

/** The schemas of the events of a server by their type. */
const schemasOf = (prefix: string): ReadonlyMap<string, string> =>
  new Map(
    Object.entries($defs).flatMap(([name, { properties }]) => {
      const type = properties?.type?.const ?? properties?.type?.enum?.[0];
      return name.startsWith(prefix) && type !== undefined ? [[type, name] as const] : [];
    }),
  );

const SCHEMAS = schemasOf('RealtimeServerEvent');

/** Every event is one that the specification has. */
export function expectRealtimeEvents(events: readonly { type: string }[]): void {
  for (const event of events) {
    const schema = SCHEMAS.get(event.type);
    if (schema === undefined) throw new Error(`the specification has no event ${event.type}`);
    expectSchema('realtime', schema, event);
  }
}
