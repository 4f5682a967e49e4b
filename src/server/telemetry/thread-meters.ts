/** What one thread of the server counts of models and routes, in memory that the other threads read. */
import { ModelMeter, type ModelTotals, type UsageRecord } from './model-meter.js';
import { RouteMeter, type RouteTotals } from './route-meter.js';
import type { SharedLists } from './shared-lists.js';

/** Everything that a thread has counted. */
export interface MeterData {
  readonly models: ReadonlyMap<string, ModelTotals>;
  /** By method and path of the route, such as `POST /chat/completions`. */
  readonly routes: ReadonlyMap<string, RouteTotals>;
}

/** Model names that get totals of their own; requests may name any model, and memory is bounded. */
const MOST_MODELS = 500;
/** Longer names have none of their own. */
const LONGEST_NAME = 300;
const OTHER_MODELS = 'other';
/** Requests that no route answers. */
export const NO_ROUTE = 'none';
/** Of lists in shared memory. */
const MODEL = 1;
const ROUTE = 2;

/** See the file's head. Also what threads are added up in, in memory of its own. */
export class ThreadMeters implements MeterData {
  readonly models = new Map<string, ModelMeter>();
  readonly routes = new Map<string, RouteMeter>();
  readonly #lists: SharedLists | undefined;
  #known = 0;

  /** @param lists - where it counts, and what was counted there before; own memory by default */
  constructor(lists?: SharedLists) {
    this.#lists = lists;
  }

  /** Finds what was added to the memory since the last time: what its writer counts, a reader sees. */
  find(): this {
    const lists = this.#lists?.read() ?? [];
    for (; this.#known < lists.length; this.#known++) {
      const { kind, name, numbers } = lists[this.#known]!;
      if (kind === MODEL) this.models.set(name, new ModelMeter(numbers));
      else if (kind === ROUTE) this.routes.set(name, new RouteMeter(numbers));
    }
    return this;
  }

  /** The totals of a model. */
  model(name: string): ModelMeter {
    const known = this.models.get(name);
    if (known) return known;
    const other = name === OTHER_MODELS;
    const tooMany = this.models.size >= MOST_MODELS || name.length > LONGEST_NAME;
    const numbers = tooMany && !other ? undefined : this.#room(MODEL, name, ModelMeter.length, other);
    if (!numbers && !other) return this.model(OTHER_MODELS);
    const meter = new ModelMeter(numbers);
    this.models.set(name, meter);
    return meter;
  }

  /** A request was answered, or given up by its client (status 499). */
  answered(route: string, status: number, durationMs: number): void {
    this.#route(route).answered(status, durationMs);
  }

  #route(name: string): RouteMeter {
    const known = this.routes.get(name);
    if (known) return known;
    const none = name === NO_ROUTE;
    const numbers = this.#room(ROUTE, name, RouteMeter.length, none);
    if (!numbers && !none) return this.#route(NO_ROUTE);
    const meter = new RouteMeter(numbers);
    this.routes.set(name, meter);
    return meter;
  }

  #room(kind: number, name: string, length: number, needed: boolean): Float64Array | undefined {
    return this.#lists ? this.#lists.add(kind, name, length, needed) : new Float64Array(length);
  }

  /** An answer told its client what it used. */
  account(usage: UsageRecord): void {
    this.model(usage.model).account(usage);
  }

  /** Sets all numbers to 0; its models and routes stay. */
  reset(): void {
    for (const totals of this.models.values()) totals.reset();
    for (const totals of this.routes.values()) totals.reset();
  }

  /** Adds what another thread counted. */
  merge(other: ThreadMeters): void {
    for (const [name, totals] of other.models) this.model(name).merge(totals);
    for (const [route, totals] of other.routes) this.#route(route).merge(totals);
  }
}
