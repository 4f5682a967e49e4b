/** What the bodies of OpenAI's operations can be, place by place: JSON, and forms; and what their queries can be. */
import { REQUEST_SHAPES } from './request-shapes-data.js';

/** One of the shapes that the value of a place can have. */
export interface Shape {
  /** Its type. */
  t: 'string' | 'integer' | 'number' | 'boolean' | 'null' | 'array' | 'object' | 'any' | 'file';
  /** Values that are listed. */
  e?: readonly unknown[];
  /** Least and greatest number. */
  b?: readonly [number | null, number | null];
  /** Least and greatest length. */
  l?: readonly [number | null, number | null];
  /** The node of items. */
  i?: number;
  /** The nodes of members by name; without them an object has any. */
  m?: Readonly<Record<string, number>>;
  /** Members that must be there. */
  r?: readonly string[];
  /** The node of members of any other name. */
  v?: number;
}

interface Shapes {
  nodes: readonly (readonly Shape[])[];
  /** Numbers of nodes by operation. */
  roots: Readonly<Record<string, number>>;
}

let parsed: Shapes | undefined;

/** Read in two milliseconds, and only for the requests that need it. */
const all = (): Shapes => (parsed ??= JSON.parse(REQUEST_SHAPES) as Shapes);

/** The shapes of a node. */
export const shapesOf = (node: number): readonly Shape[] => all().nodes[node]!;

/** The node of an operation's form; undefined when it takes none. */
export const formRootOf = (operationId: string): number | undefined => all().roots[`${operationId} form`];

/** The node of an operation's query; undefined when it takes none. */
export const queryRootOf = (operationId: string): number | undefined => all().roots[`${operationId} query`];

/** The node of an operation's body; undefined when it has none that is JSON. */
export const rootOf = (operationId: string): number | undefined => all().roots[operationId];
