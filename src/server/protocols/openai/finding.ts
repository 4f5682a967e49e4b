/** What a check of a request found, apart from the words for it: families of operations have words of their own. */
export type Finding =
  | { kind: 'missing' }
  /** A value of another type. `types`: what its place has. `values`: those that are listed. */
  | { kind: 'type'; types: readonly string[]; values: readonly unknown[]; value: unknown }
  /** A value that is none of those that are listed. */
  | { kind: 'value'; supported: readonly unknown[]; value: unknown }
  | { kind: 'range'; of: 'decimal' | 'integer'; big: boolean; bound: number; value: unknown }
  | { kind: 'length'; of: 'array' | 'string'; big: boolean; bound: number; length: number };
