import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../../src/lib/random.js';
import { parseShell } from '../../../../src/simulator/shell/parse.js';
import { runShell, type ShellMachine } from '../../../../src/simulator/shell/run.js';

const machine = (): ShellMachine => ({
  files: [
    { path: '/mnt/data/a.txt', bytes: 12, text: 'one\ntwo\none\n' },
    { path: '/mnt/data/sub/b.bin', bytes: 3 },
  ],
  nowS: 1_700_000_000,
  random: createRandom(1),
  reaches: (host) => host === 'pypi.org',
});
const run = (line: string, at = machine()) => runShell(line, at);

describe('what is read', () => {
  test('lists, pipelines, quotes and files', () => {
    expect(parseShell(`a 'b c' "d"e \\f && g | h > out; i`)).toMatchObject([
      { when: 'always', commands: [['a', 'b c', 'de', 'f']] },
      { when: 'success', commands: [['g'], ['h']], into: 'out', appends: false },
      { when: 'always', commands: [['i']] },
    ]);
    expect(parseShell('a || b\nc')).toMatchObject([
      { when: 'always' },
      { when: 'failure' },
      { when: 'always' },
    ]);
  });

  test('documents', () => {
    expect(parseShell("cat > x <<'EOF'\nhello; there\nEOF\nls")).toMatchObject([
      { commands: [['cat']], into: 'x', input: 'hello; there\n' },
      { commands: [['ls']] },
    ]);
  });
});

describe('what is printed', () => {
  test.each([
    ['pwd', '/mnt/data\n'],
    ['ls', 'a.txt\nsub\n'],
    ['cat a.txt | sort | head -n 1', 'one\n'],
    ['grep -i TWO a.txt', 'two\n'],
    ['wc -l a.txt', '3\n'],
    ['echo "a  b" c', 'a  b c\n'],
    [String.raw`printf '%s\n' x y`, 'x\ny\n'],
    ['cd sub/.. && tail -1 ./sub/../a.txt', 'one\n'],
    ['X=1 echo hi', 'hi\n'],
    ['date', 'Tue, 14 Nov 2023 22:13:20 GMT\n'],
    ['pip install numpy', 'Successfully installed numpy\n'],
  ])('%s', (line, stdout) => {
    expect(run(line)).toEqual({ stdout, stderr: '', exitCode: 0 });
  });

  test('a long list has sizes', () => {
    expect(run('ls -la').stdout).toMatch(
      /^total 8\ndrwx.* \.\n.*\n-rw-r--r-- 1 root root +12 Nov 14 22:13 a\.txt\n/,
    );
  });

  test.each([
    ['nope', 127, 'bash: line 1: nope: command not found\n'],
    ['cat nope', 1, 'cat: nope: No such file or directory\n'],
    ['ls /nope', 2, "ls: cannot access '/nope': No such file or directory\n"],
    [
      'python nope.py',
      2,
      "python: can't open file '/mnt/data/nope.py': [Errno 2] No such file or directory\n",
    ],
    ['wget example.com', 4, "wget: unable to resolve host address 'example.com'\n"],
    ['exit 3', 3, ''],
  ])('%s fails', (line, exitCode, stderr) => {
    expect(run(line)).toEqual({ stdout: '', stderr, exitCode });
  });

  test('what comes next depends on that', () => {
    expect(run('false && echo a || echo b').stdout).toBe('b\n');
    expect(run('false; echo c').stdout).toBe('c\n');
  });

  test('files are written and added to', () => {
    const at = machine();
    run('echo a > new.txt; echo b >> new.txt; echo c > /dev/null; touch empty', at);
    expect(at.files.slice(2)).toEqual([
      { path: '/mnt/data/new.txt', bytes: 4, text: 'a\nb\n' },
      { path: '/mnt/data/empty', bytes: 0, text: '' },
    ]);
    expect(run('./new.txt', at).exitCode).toBe(0);
  });
});
