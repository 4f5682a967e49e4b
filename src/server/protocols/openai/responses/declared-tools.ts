/** Functions and custom tools, which the client runs: alone or in namespaces, known from the start or searched for. */
import * as z from 'zod';
import type { ToolSpec } from '../../../../simulator/content/tool-choice.js';
import { customFormat } from '../chat/tools.js';
import { functionFields } from '../common-fields.js';
import { checkFunctionSchema } from '../schemas.js';
import { checkAt } from '../validation.js';
import type { RawTool } from './client-tools.js';
import type { ItemView } from './item-view.js';

/** A function or a custom tool. */
export interface DeclaredTool {
  /** Its name is unique: tools of namespaces have that before their own, with a dot. */
  spec: ToolSpec;
  raw: RawTool;
  /** The model does not know it before it has searched for it. */
  deferred: boolean;
  /** The namespace that it is of, as it was sent. */
  namespace: RawTool | undefined;
  /** How a call of it is told of, where that is not as of any function. */
  view: ((callId: string) => ItemView) | undefined;
}

const callers = z
  .array(z.enum(['direct', 'programmatic']))
  .min(1)
  .nullish();
const deferrable = { defer_loading: z.boolean().nullish(), allowed_callers: callers };
const functionTool = z.looseObject({ ...functionFields, ...deferrable });
const customTool = z.looseObject({
  name: z.string().min(1).max(64),
  description: z.string().nullish(),
  format: z
    .looseObject({ type: z.string(), definition: z.string().optional(), syntax: z.string().optional() })
    .nullish(),
  ...deferrable,
});
const namespaceTool = z.looseObject({
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-zA-Z0-9_-]+$/),
  description: z.string(),
  tools: z
    .array(z.looseObject({ type: z.enum(['function', 'custom']) }))
    .min(1)
    .max(128),
});

/**
 * Reads a function, a custom tool or a namespace of them; undefined when it is none.
 *
 * @throws ApiError for a schema or a grammar that cannot be followed
 */
export function readDeclared(raw: RawTool, at: string): DeclaredTool[] | undefined {
  if (raw.type === 'function' || raw.type === 'custom') return [readOne(raw, at, undefined)];
  if (raw.type !== 'namespace') return undefined;
  const { tools } = checkAt(namespaceTool, raw, at);
  return tools.map((one, i) => readOne(one as RawTool, `${at}.tools[${i}]`, raw));
}

function readOne(raw: RawTool, at: string, namespace: RawTool | undefined): DeclaredTool {
  const plain = raw.type === 'function' ? functionSpec(raw, at) : customSpec(raw, at);
  const deferred = raw.defer_loading === true;
  if (!namespace) return { spec: plain, raw, deferred, namespace, view: undefined };
  const spec = { ...plain, name: `${String(namespace.name)}.${plain.name}` };
  const one = { spec, raw, deferred, namespace };
  return { ...one, view: viewOf(one) };
}

/**
 * How a call of a tool is told of.
 *
 * @param caller - where that is not the model itself
 */
export function viewOf(
  { spec, raw, namespace }: Pick<DeclaredTool, 'spec' | 'raw' | 'namespace'>,
  caller?: object,
): NonNullable<DeclaredTool['view']> {
  const within = namespace && String(namespace.name);
  const name = within === undefined ? spec.name : spec.name.slice(within.length + 1);
  const called = { ...(within !== undefined && { namespace: within }), name, ...(caller && { caller }) };
  return raw.type === 'function' ? functionView(called) : customView(called);
}

/** Who may call a tool: the model, programs that it writes, or both. */
export function callersOf({ raw }: Pick<DeclaredTool, 'raw'>): { direct: boolean; programs: boolean } {
  const callers = (raw.allowed_callers ?? ['direct']) as readonly string[];
  return { direct: callers.includes('direct'), programs: callers.includes('programmatic') };
}

function functionSpec(raw: RawTool, at: string): ToolSpec {
  const { name, description, parameters, strict } = checkAt(functionTool, raw, at);
  const schema = parameters ?? {};
  if (parameters != null) {
    checkFunctionSchema(schema, strict === true, {
      param: `${at}.parameters`,
      what: `function '${name}'`,
      code: 'invalid_function_parameters',
    });
  }
  return { type: 'function', name, description: description ?? '', parameters: schema };
}

function customSpec(raw: RawTool, at: string): ToolSpec {
  const { name, description, format } = checkAt(customTool, raw, at);
  const grammar =
    format?.definition === undefined
      ? undefined
      : { definition: format.definition, syntax: format.syntax ?? '' };
  const pattern = customFormat(format && { type: format.type, grammar }, `${at}.format`);
  return { type: 'custom', name, description: description ?? '', ...pattern };
}

/** What a call of a tool says, where that is more than of any function. */
interface Called {
  namespace?: string;
  name: string;
  /** Who calls it, where that is not the model itself. */
  caller?: object;
}

const functionView =
  (called: Called) =>
  (callId: string): ItemView => ({
    type: 'function_call',
    begin: (id) => ({
      id,
      type: 'function_call',
      status: 'in_progress',
      call_id: callId,
      ...called,
      arguments: '',
    }),
    grew: (delta, say) => say('response.function_call_arguments.delta', { delta }),
    done: (text, complete, say) => {
      if (complete) say('response.function_call_arguments.done', { name: called.name, arguments: text });
      return { status: complete ? 'completed' : 'incomplete', arguments: text };
    },
  });

const customView =
  (called: Called) =>
  (callId: string): ItemView => ({
    type: 'custom_tool_call',
    begin: (id) => ({ id, type: 'custom_tool_call', call_id: callId, ...called, input: '' }),
    grew: (delta, say) => say('response.custom_tool_call_input.delta', { delta }),
    done: (text, _complete, say) => {
      say('response.custom_tool_call_input.done', { input: text });
      return { input: text };
    },
  });
