/**
 * Reads what a TypeScript file imports, without a compiler: the text is cut into code, comments, regular expressions and
 * strings, and imports are the strings that stand where imports stand.
 */

export interface ImportOf {
  specifier: string;
  /** `value`: an import. `types`: `import type`, gone at run time. `url`: a path, as of a worker's entry. */
  kind: 'value' | 'types' | 'url';
}

/** A slash after one of these (or at the start) begins a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|await|yield))\s*$/;

/** The index after a quoted text that begins at `start`; a backslash hides what follows it. */
function endOfQuoted(text: string, start: number, quote: string): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote || (text[i] === '\n' && quote !== '`')) return i + 1;
  }
  return text.length;
}

function endOfRegex(text: string, start: number): number {
  let inClass = false;
  for (let i = start + 1; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '[') inClass = true;
    else if (c === ']') inClass = false;
    else if (c === '\n' || (c === '/' && !inClass)) return i + 1;
  }
  return text.length;
}

/** Where the comment at `start` ends, or undefined when none begins there. */
function endOfComment(text: string, start: number): number | undefined {
  const opener = text.slice(start, start + 2);
  if (opener !== '//' && opener !== '/*') return undefined;
  const end = opener === '//' ? text.indexOf('\n', start) : text.indexOf('*/', start + 2) + 2;
  return end < start ? text.length : end;
}

export interface Scanned {
  /** The text with comments and regular expressions blanked and strings replaced by their index: `§3§`. */
  code: string;
  strings: string[];
}

/** Cuts a source text apart. Code inside `${}` of a template counts as code. */
export function scan(text: string): Scanned {
  const strings: string[] = [];
  let code = '';
  /** For each open `${`: how many braces are open inside it. */
  const templates: number[] = [];
  let i = 0;

  const template = (from: number): void => {
    for (i = from; i < text.length; i++) {
      if (text[i] === '\\') i++;
      else if (text[i] === '`') break;
      else if (text.startsWith('${', i)) {
        templates.push(0);
        i += 2;
        code += '(';
        return;
      }
    }
    i++;
  };

  while (i < text.length) {
    const c = text[i]!;
    const commentEnd = c === '/' ? endOfComment(text, i) : undefined;
    if (commentEnd !== undefined) {
      code += ' ';
      i = commentEnd;
    } else if (c === '"' || c === "'") {
      const end = endOfQuoted(text, i, c);
      code += `§${strings.push(text.slice(i + 1, end - 1)) - 1}§`;
      i = end;
    } else if (c === '`') {
      template(i + 1);
    } else if (c === '/' && BEFORE_REGEX.test(code.slice(-80))) {
      code += '§r§';
      i = endOfRegex(text, i);
    } else if (c === '}' && templates.at(-1) === 0) {
      templates.pop();
      code += ')';
      template(i + 1);
    } else {
      if (templates.length > 0 && c === '{') templates[templates.length - 1]!++;
      if (templates.length > 0 && c === '}') templates[templates.length - 1]!--;
      code += c;
      i++;
    }
  }
  return { code, strings };
}

/** `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')`. */
const IMPORT = /\b(import|export)\b(\s+type\b(?!\s+from\b))?(?:[\w\s{},*$]*?\bfrom)?\s*\(?\s*§(\d+)§/g;

/** Everything that a file imports, and all other relative paths to JavaScript files in it. */
export function importsOf(text: string): ImportOf[] {
  const { code, strings } = scan(text);
  const found = new Map<number, ImportOf>();
  for (const [, , type, index] of code.matchAll(IMPORT)) {
    found.set(Number(index), {
      specifier: strings[Number(index)]!,
      kind: type === undefined ? 'value' : 'types',
    });
  }
  for (const [index, specifier] of strings.entries()) {
    if (/^\.\.?\/.*\.js$/.test(specifier) && !found.has(index)) found.set(index, { specifier, kind: 'url' });
  }
  return [...found.values()];
}
