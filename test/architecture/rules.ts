/** What must hold for the sources, as pure functions of {path: text}. Paths are relative to src/. */
import { posix } from 'node:path';
import { IMPURE_MODULES, PACKAGES, ROOMS } from './rooms.js';
import { importsOf, scan } from './scan.js';

export type Sources = Readonly<Record<string, string>>;

const LONGEST_FILE = 300;

/** Word lists and tables, which are not read from top to bottom. */
const DATA_FILES = ['lib/text/lexicon.ts'];

const roomOf = (path: string): string =>
  path.includes('/') ? path.split('/')[0]! : path.replace(/\.tsx?$/, '');

/** The source file that a relative specifier means, or undefined. */
function resolveImport(sources: Sources, from: string, specifier: string): string | undefined {
  const base = posix.join(posix.dirname(from), specifier).replace(/\.js$/, '');
  return [`${base}.ts`, `${base}.tsx`].find((path) => path in sources);
}

/** Imports against the arrows of the house. */
export function forbiddenArrows(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([path, text]) => {
    const room = roomOf(path);
    const arrows = ROOMS[room];
    if (!arrows)
      return [`${path}: "${room}" is not a room; add it to test/architecture/rooms.ts and docs/adr`];
    return importsOf(text).flatMap(({ specifier, kind }) => {
      if (!specifier.startsWith('.')) return forbiddenPackage(path, room, specifier);
      const target = resolveImport(sources, path, specifier);
      // package.json and data files are no room.
      const targetRoom = target === undefined ? room : roomOf(target);
      if (targetRoom === room) return [];
      const arrow = arrows[targetRoom];
      if (arrow === 'value' || (arrow === 'types' && kind === 'types')) return [];
      return [
        `${path}: ${room} may not import ${arrow === 'types' ? 'values of ' : ''}${targetRoom} (${specifier})`,
      ];
    });
  });
}

function forbiddenPackage(path: string, room: string, specifier: string): string[] {
  const name = specifier.startsWith('@') ? specifier.split('/', 2).join('/') : specifier.split('/')[0]!;
  const rooms = PACKAGES[name];
  if (rooms && !rooms.includes(room)) return [`${path}: only ${rooms.join(', ')} may import ${name}`];
  const impure = IMPURE_MODULES.some((module) => specifier === module || specifier.startsWith(`${module}/`));
  return room === 'simulator' && impure
    ? [`${path}: the simulator is pure and may not import ${specifier}`]
    : [];
}

/** Files that import each other in a circle at run time (a thread's entry is loaded apart from it); each circle once, as a path. */
export function importCycles(sources: Sources): string[] {
  const edges = new Map(
    Object.entries(sources).map(([path, text]) => [
      path,
      importsOf(text)
        .filter(({ kind }) => kind === 'value')
        .flatMap(({ specifier }) => resolveImport(sources, path, specifier) ?? []),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) cycles.push([...trail.slice(seenAt), path].join(' → '));
    if (seenAt >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}

export function longFiles(sources: Sources): string[] {
  return Object.entries(sources)
    .map(([path, text]) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ path, lines }) => lines > LONGEST_FILE && !DATA_FILES.includes(path))
    .map(({ path, lines }) => `${path}: ${lines} lines; at most ${LONGEST_FILE}`);
}

/** Tests that take fast-check past its home in test/support, which gives all of them one seed. Paths are relative to test/. */
export function unseededTests(tests: Sources): string[] {
  return Object.entries(tests)
    .filter(([path]) => path !== 'support/fast-check.ts')
    .filter(([, text]) => importsOf(text).some(({ specifier }) => specifier === 'fast-check'))
    .map(([path]) => `${path}: import fast-check from test/support/fast-check.js, so that its seed is fixed`);
}

/** What the linter cannot tell: it knows `Date.now` by name, but not a constructor without arguments. */
const BANS: readonly { pattern: RegExp; message: string; allowedIn: readonly string[] }[] = [
  { pattern: /\bDate\(\s*\)/, message: 'take a Clock instead of new Date()', allowedIn: ['lib'] },
  { pattern: /\bMath\.random\b/, message: 'take a Random instead of Math.random', allowedIn: [] },
  {
    pattern: /\bcrypto\.(?:randomUUID|randomBytes|getRandomValues)\b/,
    message: 'take a Random: same seed, same bytes',
    allowedIn: ['lib'],
  },
  { pattern: /\bhrtime\b/, message: 'take a Clock instead of hrtime', allowedIn: ['lib'] },
];

const UNFINISHED = /\b(?:TODO|FIXME|XXX|HACK)\b|\bplaceholder\b/i;

/** Hidden clocks and chance, and words of unfinished work. */
export function bannedText(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([path, text]) => {
    const { code } = scan(text);
    const broken = BANS.filter(
      ({ pattern, allowedIn }) => !allowedIn.includes(roomOf(path)) && pattern.test(code),
    );
    const unfinished = UNFINISHED.exec(text);
    return [
      ...broken.map(({ message }) => `${path}: ${message}`),
      ...(unfinished ? [`${path}: unfinished work ("${unfinished[0]}")`] : []),
    ];
  });
}
