/**
 * Finds what is kept under a pattern of paths. Patterns are made of whole segments: fixed ones, `:name` for any one, and a
 * last `*` for all that follow. A fixed segment goes before a named one, and that before `*`.
 *
 * Small on purpose: every thread builds one of some three hundred patterns before it listens. find-my-way, which knows more
 * than that, took 50 ms for it.
 */

/** What was found, and the parts of the path that its pattern leaves open, decoded. */
export interface Found<T> {
  value: T;
  params: Readonly<Record<string, string>>;
}

interface Leaf<T> {
  value: T;
  names: readonly string[];
}

interface Node<T> {
  fixed: Map<string, Node<T>>;
  any: Node<T> | undefined;
  /** By method. */
  ends: Map<string, Leaf<T>>;
  /** By method: for this and all that follows. */
  rests: Map<string, Leaf<T>>;
}

const newNode = <T>(): Node<T> => ({ fixed: new Map(), any: undefined, ends: new Map(), rests: new Map() });

/** See the file's head. */
export class PathTree<T> {
  readonly #root = newNode<T>();
  readonly #maxParamCharacters: number;

  /** @param maxParamCharacters - a longer segment is no value of a named part */
  constructor(maxParamCharacters: number) {
    this.#maxParamCharacters = maxParamCharacters;
  }

  /** @throws Error when the pattern is none, or taken for this method */
  add(method: string, pattern: string, value: T): void {
    const names: string[] = [];
    let node = this.#root;
    let ends = node.ends;
    for (const segment of segmentsOf(pattern) ?? fail(`"${pattern}" is no pattern`)) {
      if (ends === node.rests || /[*(){}]/.test(segment.slice(1)) || segment.indexOf(':', 1) > 0)
        fail(`"${pattern}" is no pattern`);
      if (segment === '*') {
        names.push('*');
        ends = node.rests;
        continue;
      }
      if (segment.startsWith(':')) {
        names.push(segment.slice(1));
        node = node.any ??= newNode<T>();
      } else {
        let next = node.fixed.get(segment);
        if (!next) node.fixed.set(segment, (next = newNode<T>()));
        node = next;
      }
      ends = node.ends;
    }
    if (ends.has(method)) fail(`${method} ${pattern} is there twice`);
    ends.set(method, { value, names });
  }

  /** What serves a method on a path; a slash at its end changes nothing. Undefined when nothing does. */
  find(method: string, path: string): Found<T> | undefined {
    const segments = segmentsOf(path)?.map(decoded);
    if (!segments || segments.includes(undefined)) return undefined;
    const values: string[] = [];
    const leaf = this.#match(this.#root, method, segments as string[], 0, values);
    if (!leaf) return undefined;
    return { value: leaf.value, params: Object.fromEntries(leaf.names.map((name, i) => [name, values[i]!])) };
  }

  /** @param values - of the open parts on the way to `node`; complete when a leaf is returned */
  #match(
    node: Node<T>,
    method: string,
    segments: readonly string[],
    at: number,
    values: string[],
  ): Leaf<T> | undefined {
    if (at === segments.length) return node.ends.get(method);
    const segment = segments[at]!;
    const fixed = node.fixed.get(segment);
    const found = fixed && this.#match(fixed, method, segments, at + 1, values);
    if (found) return found;
    const open = values.length;
    if (node.any && segment !== '' && segment.length <= this.#maxParamCharacters) {
      values.push(segment);
      const leaf = this.#match(node.any, method, segments, at + 1, values);
      if (leaf) return leaf;
    }
    values.length = open;
    const rest = node.rests.get(method);
    if (rest) values.push(segments.slice(at).join('/'));
    return rest;
  }
}

/** Undefined for what does not begin with a slash. */
function segmentsOf(path: string): string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  if (path === '/') return [];
  return path.slice(1, path.endsWith('/') ? -1 : undefined).split('/');
}

/** Undefined for what is no percent-encoding. */
function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function fail(problem: string): never {
  throw new Error(problem);
}
