/**
 * What a shell would print, made up: nothing is run. It knows the files that it is told of, a handful of commands that look at
 * them, and how those fail that it does not know.
 */
import type { Random } from '../../lib/random.js';
import { prose } from '../../lib/text/prose.js';
import { parseShell, type Pipeline, type Words } from './parse.js';

/** A file that the shell sees. */
export interface ShellFile {
  path: string;
  bytes: number;
  /** What is in it, where that is text. */
  text?: string | undefined;
}

/** Where commands are run. */
export interface ShellMachine {
  /** Those that commands write are added. */
  files: ShellFile[];
  /** Seconds since 1970. */
  nowS: number;
  /** Decides what programs print that are not known. */
  random: Random;
  /** Domains that can be reached. */
  reaches: (host: string) => boolean;
}

/** What a command line comes to. */
export interface ShellOutcome {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export const SHELL_FOLDER = '/mnt/data';
const MAX_OUTPUT = 64 * 1024;

/** Runs nothing, and says what would be printed. Files that are written are in the machine's afterwards. */
export function runShell(line: string, machine: ShellMachine): ShellOutcome {
  const all: ShellOutcome = { stdout: '', stderr: '', exitCode: 0 };
  for (const pipeline of parseShell(line)) {
    if (pipeline.when === 'success' && all.exitCode !== 0) continue;
    if (pipeline.when === 'failure' && all.exitCode === 0) continue;
    const { stdout, stderr, exitCode } = runPipeline(pipeline, machine);
    all.stdout = (all.stdout + stdout).slice(0, MAX_OUTPUT);
    all.stderr = (all.stderr + stderr).slice(0, MAX_OUTPUT);
    all.exitCode = exitCode;
  }
  return all;
}

function runPipeline({ commands, into, appends, input }: Pipeline, machine: ShellMachine): ShellOutcome {
  let flow = input;
  let stderr = '';
  let exitCode = 0;
  for (const words of commands) {
    const outcome = runOne(words, flow, machine);
    flow = outcome.stdout;
    stderr += outcome.stderr;
    ({ exitCode } = outcome);
  }
  const stdout = flow ?? '';
  if (into === undefined) return { stdout, stderr, exitCode };
  if (into !== '/dev/null') write(machine, absolute(into), stdout, appends);
  return { stdout: '', stderr, exitCode };
}

const absolute = (path: string): string => {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${SHELL_FOLDER}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
};

function write({ files }: ShellMachine, path: string, text: string, appends: boolean): void {
  const at = files.findIndex((file) => file.path === path);
  const whole = (appends ? (files[at]?.text ?? '') : '') + text;
  const file = { path, bytes: Buffer.byteLength(whole), text: whole };
  if (at < 0) files.push(file);
  else files[at] = file;
}

const ok = (stdout = ''): ShellOutcome => ({ stdout, stderr: '', exitCode: 0 });
const failed = (stderr: string, exitCode = 1): ShellOutcome => ({
  stdout: '',
  stderr: `${stderr}\n`,
  exitCode,
});

type Command = (args: Words, input: string | undefined, machine: ShellMachine, name: string) => ShellOutcome;

const optionsOf = (args: Words): string => args.filter((arg) => arg.startsWith('-')).join('');
const pathsOf = (args: Words): string[] => args.filter((arg) => !arg.startsWith('-'));

/** Reads the input, or files; and what is done with that. */
const onText =
  (made: (text: string, args: Words) => string, skips = 0): Command =>
  (args, input, machine, name) => {
    const paths = pathsOf(args).slice(skips);
    if (paths.length === 0) return ok(made(input ?? '', args));
    let text = '';
    for (const path of paths) {
      const file = machine.files.find((one) => one.path === absolute(path));
      if (!file) return failed(`${name}: ${path}: No such file or directory`);
      text += file.text ?? '';
    }
    return ok(made(text, args));
  };

const linesOf = (text: string): string[] => text.split('\n').slice(0, text.endsWith('\n') ? -1 : undefined);
const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
/** `-n 5` is `-n5`. */
const withCount =
  (command: Command): Command =>
  (args, ...rest) => {
    const at = args.indexOf('-n');
    const joinedArgs =
      at < 0 ? args : [...args.slice(0, at), `-n${args[at + 1] ?? ''}`, ...args.slice(at + 2)];
    return command(joinedArgs, ...rest);
  };
const countIn = (args: Words, otherwise: number): number =>
  Number(/^-n?(\d{1,6})$/.exec(args.find((arg) => /^-n?\d/.test(arg)) ?? '')?.[1] ?? otherwise);

function counted(text: string, args: Words): string {
  const counts = {
    l: linesOf(text).length,
    w: text.split(/\s+/).filter(Boolean).length,
    c: Buffer.byteLength(text),
  };
  const asked = (['l', 'w', 'c'] as const).filter((one) => optionsOf(args).includes(one));
  return `${(asked.length > 0 ? asked : (['l', 'w', 'c'] as const)).map((one) => counts[one]).join(' ')}\n`;
}

function matching(text: string, args: Words): string {
  const [wanted = ''] = pathsOf(args);
  const ignores = optionsOf(args).includes('i');
  const fold = (line: string): string => (ignores ? line.toLowerCase() : line);
  return joined(linesOf(text).filter((line) => fold(line).includes(fold(wanted))));
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function list(args: Words, _input: string | undefined, { files, nowS }: ShellMachine): ShellOutcome {
  const [path = SHELL_FOLDER] = pathsOf(args);
  const folder = absolute(path);
  const one = files.find((file) => file.path === folder);
  const inside = files.filter((file) => file.path.startsWith(folder === '/' ? '/' : `${folder}/`));
  const isKnown = [SHELL_FOLDER, '/', '/mnt', '/tmp'].includes(folder);
  if (!one && inside.length === 0 && !isKnown)
    return failed(`ls: cannot access '${path}': No such file or directory`, 2);
  const names = new Map<string, number | undefined>();
  for (const { path: inner, bytes } of one ? [one] : inside) {
    const rest = one ? path : inner.slice(folder.length + (folder === '/' ? 0 : 1));
    const [name] = one ? [rest] : rest.split('/');
    names.set(name!, rest === name ? bytes : undefined);
  }
  const shown = [...names].sort(([a], [b]) => (a < b ? -1 : 1));
  if (!optionsOf(args).includes('l')) return ok(joined(shown.map(([name]) => name)));
  const date = new Date(nowS * 1000);
  const time = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${date.toISOString().slice(11, 16)}`;
  const line = (name: string, bytes: number | undefined): string =>
    `${bytes === undefined ? 'drwxr-xr-x 2' : '-rw-r--r-- 1'} root root ${String(bytes ?? 4096).padStart(6)} ${time} ${name}`;
  const above = optionsOf(args).includes('a') && !one ? [line('.', undefined), line('..', undefined)] : [];
  return ok(
    joined([`total ${shown.length * 4}`, ...above, ...shown.map(([name, bytes]) => line(name, bytes))]),
  );
}

const VERSIONS: Readonly<Record<string, string>> = {
  python: 'Python 3.12.3',
  python3: 'Python 3.12.3',
  node: 'v22.14.0',
  npm: '10.9.2',
  bash: 'GNU bash, version 5.2.21(1)-release (x86_64-pc-linux-gnu)',
  git: 'git version 2.43.0',
};

/** A program whose output is not known: its version, or some lines that are made up. */
const program: Command = (args, _input, machine, name) => {
  if (args.some((arg) => /^(?:--version|-V|-v)$/.test(arg)))
    return ok(`${VERSIONS[name] ?? `${name} 1.0.0`}\n`);
  const script = pathsOf(args).find((arg) => /\.\w+$/.test(arg));
  if (script !== undefined && !machine.files.some(({ path }) => path === absolute(script)))
    return failed(`${name}: can't open file '${absolute(script)}': [Errno 2] No such file or directory`, 2);
  return ok(`${prose(machine.random, 6 + machine.random.int(12))}\n`);
};

const fetched: Command = (args, _input, machine, name) => {
  const host = /^(?:\w+:\/\/)?([^/:?#]+)/.exec(pathsOf(args)[0] ?? '')?.[1] ?? '';
  if (machine.reaches(host)) return ok(`${prose(machine.random, 24)}\n`);
  return name === 'curl'
    ? failed(`curl: (6) Could not resolve host: ${host}`, 6)
    : failed(`${name}: unable to resolve host address '${host}'`, 4);
};

/** What a package manager reaches for. */
const REGISTRIES: Readonly<Record<string, string>> = {
  pip: 'pypi.org',
  pip3: 'pypi.org',
  npm: 'registry.npmjs.org',
  'apt-get': 'deb.debian.org',
};

const installed: Command = (args, input, machine, name) => {
  if (args[0] !== 'install') return program(args, input, machine, name);
  const host = REGISTRIES[name]!;
  const packages = pathsOf(args).slice(1).join(' ');
  return machine.reaches(host)
    ? ok(`Successfully installed ${packages}\n`)
    : failed(`ERROR: Could not reach ${host}: the network of this container is disabled`);
};

const COMMANDS: Readonly<Record<string, Command>> = {
  ls: list,
  cat: onText((text) => text),
  head: withCount(onText((text, args) => joined(linesOf(text).slice(0, countIn(args, 10))))),
  tail: withCount(onText((text, args) => joined(linesOf(text).slice(-countIn(args, 10))))),
  sort: onText((text) => joined(linesOf(text).sort((a, b) => (a < b ? -1 : 1)))),
  wc: onText(counted),
  grep: onText(matching, 1),
  echo: (args) => ok(`${args.filter((arg) => arg !== '-n' && arg !== '-e').join(' ')}\n`),
  printf: ([format = '', ...args]) => ok(printed(format, args)),
  pwd: () => ok(`${SHELL_FOLDER}\n`),
  cd: () => ok(),
  mkdir: () => ok(),
  sleep: () => ok(),
  true: () => ok(),
  false: () => ({ ...ok(), exitCode: 1 }),
  exit: ([code = '0']) => ({ ...ok(), exitCode: Number(code) & 255 }),
  whoami: () => ok('root\n'),
  uname: (args) => ok(args.length > 0 ? 'Linux container 6.8.0 x86_64 GNU/Linux\n' : 'Linux\n'),
  date: (_args, _input, { nowS }) => ok(`${new Date(nowS * 1000).toUTCString()}\n`),
  touch: (args, _input, machine) => {
    for (const path of pathsOf(args)) write(machine, absolute(path), '', true);
    return ok();
  },
  curl: fetched,
  wget: fetched,
  pip: installed,
  pip3: installed,
  npm: installed,
  'apt-get': installed,
  ...Object.fromEntries(['python', 'python3', 'node', 'bash', 'sh', 'git'].map((name) => [name, program])),
};

/** `%s`, `%d` and the usual escapes; the format is used again while there are arguments. */
function printed(format: string, args: Words): string {
  let left = [...args];
  let text = '';
  do {
    const before = left.length;
    text += format
      .replaceAll(/%[sd]/g, () => left.shift() ?? '')
      .replaceAll(String.raw`\n`, '\n')
      .replaceAll(String.raw`\t`, '\t');
    if (left.length === before) left = [];
  } while (left.length > 0);
  return text;
}

function runOne([name = '', ...args]: Words, input: string | undefined, machine: ShellMachine): ShellOutcome {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]!(args, input, machine, name);
  if (/^[A-Z_]\w*=/i.test(name)) return args.length > 0 ? runOne(args, input, machine) : ok();
  if (machine.files.some(({ path }) => path === absolute(name))) return program([], input, machine, name);
  return failed(`bash: line 1: ${name.slice(0, 200)}: command not found`, 127);
}
