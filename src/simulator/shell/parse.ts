/** Command lines as far as a simulated shell follows them: lists of pipelines of simple commands, with output to a file. */

/** A command and its arguments, without quotes. */
export type Words = readonly string[];

/** Commands whose outputs go from one to the next. */
export interface Pipeline {
  /** What the one before must have come to: `&&`, `||`, or anything. */
  when: 'always' | 'success' | 'failure';
  commands: readonly Words[];
  /** A file that gets the output. */
  into: string | undefined;
  appends: boolean;
  /** What is between the marks of `<<`. */
  input: string | undefined;
}

/** Longest line that is read. */
const MAX_CHARACTERS = 20_000;
const MAX_PIPELINES = 64;

interface Token {
  text: string;
  /** An operator, not a word. */
  operator: boolean;
}

const OPERATORS = /^(?:&&|\|\||>>|<<-?|2>&1|&>|2>|[|;&<>\n])/;

/** Reads a command line. */
export function parseShell(line: string): Pipeline[] {
  const { text, documents } = withoutDocuments(line.slice(0, MAX_CHARACTERS));
  const pipelines: Pipeline[] = [];
  let when: Pipeline['when'] = 'always';
  let current: Token[] = [];
  const flush = (next: Pipeline['when']): void => {
    if (current.length > 0 && pipelines.length < MAX_PIPELINES)
      pipelines.push(pipelineOf(current, when, documents));
    current = [];
    when = next;
  };
  for (const token of tokensOf(text)) {
    if (!token.operator) current.push(token);
    else if (token.text === '&&') flush('success');
    else if (token.text === '||') flush('failure');
    else if (/^[;&\n]$/.test(token.text)) flush('always');
    else current.push(token);
  }
  flush('always');
  return pipelines;
}

/** Takes the documents out that `<<EOF` begins, which are read before anything else. */
function withoutDocuments(line: string): { text: string; documents: string[] } {
  const documents: string[] = [];
  const text = line.replaceAll(
    /<<-?\s*(['"]?)(\w{1,40})\1([^\n]*)\n([^]*?)(?:\n|^)\2(?=\n|$)/g,
    (_all, _quote: string, _mark: string, rest: string, document: string) => {
      documents.push(`${document}\n`);
      return `<< ${documents.length - 1}${rest}`;
    },
  );
  return { text, documents };
}

function tokensOf(line: string): Token[] {
  const tokens: Token[] = [];
  let word: string | undefined;
  const flush = (): void => {
    if (word !== undefined) tokens.push({ text: word, operator: false });
    word = undefined;
  };
  for (let at = 0; at < line.length;) {
    const found = OPERATORS.exec(line.slice(at, at + 4))?.[0];
    // `2>` is one only where no word has begun.
    const operator = word !== undefined && found?.startsWith('2') ? undefined : found;
    const char = line[at]!;
    if (operator !== undefined) {
      flush();
      tokens.push({ text: operator, operator: true });
      at += operator.length;
    } else if (/\s/.test(char)) {
      flush();
      at++;
    } else if (char === '"' || char === "'") {
      const end = line.indexOf(char, at + 1);
      word = (word ?? '') + line.slice(at + 1, end < 0 ? undefined : end);
      at = end < 0 ? line.length : end + 1;
    } else {
      word = (word ?? '') + (char === '\\' ? (line[++at] ?? '') : char);
      at++;
    }
  }
  flush();
  return tokens;
}

function pipelineOf(
  tokens: readonly Token[],
  when: Pipeline['when'],
  documents: readonly string[],
): Pipeline {
  const commands: string[][] = [[]];
  const found: Omit<Pipeline, 'commands' | 'when'> = { into: undefined, appends: false, input: undefined };
  for (let i = 0; i < tokens.length; i++) {
    const { text, operator } = tokens[i]!;
    if (!operator) commands.at(-1)!.push(text);
    else if (text === '|') commands.push([]);
    else if (text === '>' || text === '>>' || text === '&>') {
      found.into = tokens[++i]?.text;
      found.appends = text === '>>';
    } else if (text.startsWith('<<')) found.input = documents[Number(tokens[++i]?.text)];
    else if (text !== '2>&1') i++;
  }
  return { ...found, when, commands: commands.filter((words) => words.length > 0) };
}
