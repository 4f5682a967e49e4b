/** The tools of a chat request, and which of them may be called. */
import { createRandom } from '../../../../lib/random.js';
import { larkText } from '../../../../simulator/content/lark/generate.js';
import { GrammarError } from '../../../../simulator/content/lark/lexer.js';
import type { JsonSchema } from '../../../../simulator/content/json/schema.js';
import type { ToolChoice, ToolSpec } from '../../../../simulator/content/tool-choice.js';
import { type ApiError, invalid, missing, unsupportedValue } from '../errors.js';
import { checkFunctionSchema, checkSchema } from '../schemas.js';
import type { ExtrasBody, FunctionBody, ToolBody } from './body.js';

/** What a request says about tools. */
export interface ToolParameters {
  tools: readonly ToolSpec[];
  toolChoice: ToolChoice;
  parallelToolCalls: boolean;
  /** They came as `functions`, and are answered in that way. */
  legacy: boolean;
}

/**
 * Reads `tools`, or `functions`, and the choice among them.
 *
 * @throws ApiError for a schema that cannot be followed, or a choice of something that is not there
 */
export function readTools(body: ExtrasBody): ToolParameters {
  const parallelToolCalls = body.parallel_tool_calls !== false;
  if (body.functions && body.functions.length > 0) {
    const tools = body.functions.map((one, i) => functionSpec(one, `functions[${i}]`));
    return {
      tools,
      toolChoice: legacyChoice(body.function_call, tools),
      parallelToolCalls: false,
      legacy: true,
    };
  }
  const tools = (body.tools ?? []).map(toolSpec);
  refuseDuplicates(tools);
  if (tools.length === 0 && body.parallel_tool_calls != null) {
    const message =
      "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.";
    throw invalid('parallel_tool_calls', null, message);
  }
  const toolChoice = readChoice(body.tool_choice, tools);
  return { ...toolChoice, parallelToolCalls, legacy: false };
}

function toolSpec(tool: ToolBody, index: number): ToolSpec {
  const at = `tools[${index}]`;
  if (tool.type === 'function') {
    if (!tool.function) throw missing(`${at}.function`);
    return functionSpec(tool.function, `${at}.function`);
  }
  if (!tool.custom) throw missing(`${at}.custom`);
  const { name, description, format } = tool.custom;
  return {
    type: 'custom',
    name,
    description: description ?? '',
    ...customFormat(format, `${at}.custom.format`),
  };
}

/** @throws ApiError for a grammar that is not followed */
export function customFormat(
  format: { type: string; grammar?: { definition: string; syntax: string } | undefined } | null | undefined,
  at: string,
): { pattern?: string; grammar?: string } {
  if (format?.type !== 'grammar') return {};
  if (!format.grammar) throw missing(`${at}.grammar`);
  const { definition, syntax } = format.grammar;
  if (syntax === 'lark') return { grammar: checkLark(definition, `${at}.grammar.definition`) };
  if (syntax !== 'regex') {
    throw unsupportedValue(`${at}.grammar.syntax`, syntax, ['lark', 'regex']);
  }
  checkSchema({ type: 'string', pattern: definition }, false, {
    param: at,
    what: 'grammar',
    code: 'invalid_value',
  });
  return { pattern: definition };
}

/** Whether a grammar gives texts shows when one is made. */
export function checkLark(definition: string, at: string): string {
  try {
    larkText(definition, createRandom(0));
    return definition;
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    throw invalid(at, 'invalid_value', `Invalid Lark grammar: ${error.message}.`);
  }
}

function functionSpec({ name, description, parameters, strict }: FunctionBody, at: string): ToolSpec {
  const schema: JsonSchema = parameters ?? {};
  const use = { param: `${at}.parameters`, what: `function '${name}'`, code: 'invalid_function_parameters' };
  if (parameters != null || strict === true) checkFunctionSchema(schema, strict === true, use);
  return { type: 'function', name, description: description ?? '', parameters: schema };
}

function refuseDuplicates(tools: readonly ToolSpec[]): void {
  const names = new Set<string>();
  for (const [i, { name }] of tools.entries()) {
    if (names.has(name)) throw invalid(`tools[${i}]`, 'invalid_value', `Duplicate tool name: '${name}'.`);
    names.add(name);
  }
}

type ChoiceBody = ExtrasBody['tool_choice'];

function readChoice(
  choice: ChoiceBody,
  tools: readonly ToolSpec[],
): Pick<ToolParameters, 'tools' | 'toolChoice'> {
  if (choice == null) return { tools, toolChoice: 'auto' };
  if (tools.length === 0) {
    const message =
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
    throw invalid('tool_choice', null, message);
  }
  if (typeof choice === 'string') return { tools, toolChoice: choice };
  if (choice.type === 'allowed_tools') {
    if (!choice.allowed_tools) throw missing('tool_choice.allowed_tools');
    const names = choice.allowed_tools.tools.map((one) => nameOf(one));
    for (const name of names) requireTool(name, tools);
    return { tools: tools.filter(({ name }) => names.includes(name)), toolChoice: choice.allowed_tools.mode };
  }
  const name = choice[choice.type]?.name;
  if (name === undefined) throw missing(`tool_choice.${choice.type}`);
  // In the words for what came before tools.
  if (choice.type === 'function' && !tools.some((tool) => tool.name === name)) throw noFunction(name);
  requireTool(name, tools);
  return { tools, toolChoice: { names: [name] } };
}

function nameOf(reference: Readonly<Record<string, unknown>>): string {
  const inner = reference.function ?? reference.custom ?? reference;
  const { name } = inner as { name?: unknown };
  return typeof name === 'string' ? name : '';
}

function requireTool(name: string, tools: readonly ToolSpec[]): void {
  if (tools.some((tool) => tool.name === name)) return;
  const message = `Invalid value for 'tool_choice': no tool named '${name.slice(0, 100)}' was specified in the 'tools' parameter.`;
  throw invalid('tool_choice', 'invalid_value', message);
}

function legacyChoice(choice: ExtrasBody['function_call'], functions: readonly ToolSpec[]): ToolChoice {
  if (choice == null) return 'auto';
  if (typeof choice === 'string') return choice;
  if (functions.some(({ name }) => name === choice.name)) return { names: [choice.name] };
  throw noFunction(choice.name);
}

const noFunction = (name: string): ApiError =>
  invalid(
    'function_call',
    null,
    `Invalid value for 'function_call': no function named '${name.slice(0, 100)}' was specified in the 'functions' parameter.`,
  );
