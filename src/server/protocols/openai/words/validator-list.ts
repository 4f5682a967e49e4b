/**
 * Refusals of families whose services show what their validator (Pydantic) found:
 * `[{'type': 'missing', 'loc': ('body', 'input'), 'msg': 'Field required'}]`. Where it is, is said there and nowhere else.
 */
import { ApiError, FaultList } from '../errors.js';
import type { Finding } from '../finding.js';
import { Decimal, pythonText, Raw, tupleText } from './python-text.js';

/** One thing that was found. */
interface Entry {
  type: string;
  msg: string;
  ctx?: Readonly<Record<string, unknown>>;
  /** The value is shown, because there is none. */
  showsNone?: boolean;
}

/** Most things that are listed. */
const MOST = 20;

/**
 * What a validator's list says of an error, and of those found with it; other errors stay as they are.
 *
 * @param isForm - the request is a form: its values are texts, and names of lists have brackets
 */
export function inListWords(error: ApiError, isForm: boolean): ApiError {
  if (!error.finding || error.param === null) return error;
  const all = error instanceof FaultList ? error.all : [error];
  return listed(all.slice(0, MOST).map((one) => textOf(placeOf(one.param ?? '', isForm), entryOf(one.finding!, isForm)))); // prettier-ignore
}

/** A value that is none of some, as a validator's list says it. */
export const enumRefusal = (param: string, values: readonly string[]): ApiError =>
  listed([textOf([param], enumEntry(values))]);

const listed = (texts: readonly string[]): ApiError =>
  new ApiError({ status: 400, message: `[${texts.join(', ')}]` });

function textOf(place: readonly unknown[], { type, msg, ctx, showsNone }: Entry): string {
  const end = `${showsNone ? ", 'input': None" : ''}${ctx ? `, 'ctx': ${pythonText(ctx)}` : ''}`;
  return `{'type': '${type}', 'loc': ${tupleText(['body', ...place])}, 'msg': ${pythonText(msg)}${end}}`;
}

/** `input`, `timestamp_granularities[]` and 0 */
function placeOf(param: string, isForm: boolean): (string | number)[] {
  const parts = param.match(/[^.[\]]+/g) ?? [];
  return parts.map((part, i) => {
    if (/^\d+$/.test(part)) return Number(part);
    return isForm && /^\d+$/.test(parts[i + 1] ?? '') ? `${part}[]` : part;
  });
}

function entryOf(finding: Finding, isForm: boolean): Entry {
  switch (finding.kind) {
    case 'missing':
      return { type: 'missing', msg: 'Field required', showsNone: isForm };
    case 'value':
      return enumEntry(finding.supported);
    case 'type':
      return finding.values.length > 0 ? enumEntry(finding.values) : typeEntry(finding);
    case 'range':
      return rangeEntry(finding);
    case 'length':
      return finding.of === 'string' ? stringEntry(finding) : listEntry(finding);
  }
}

/** `'a'`, `'a' or 'b'`, `'a', 'b' or 'c'` */
function enumEntry(values: readonly unknown[]): Entry {
  const texts = values.map((one) => pythonText(one));
  const last = texts.pop() ?? '';
  const expected = texts.length === 0 ? last : `${texts.join(', ')} or ${last}`;
  return { type: 'enum', msg: `Input should be ${expected}`, ctx: { expected } };
}

function rangeEntry({ of, big, bound }: Extract<Finding, { kind: 'range' }>): Entry {
  const msg = `Input should be ${big ? 'less' : 'greater'} than or equal to ${bound}`;
  const limit = of === 'decimal' ? new Decimal(bound) : bound;
  return { type: big ? 'less_than_equal' : 'greater_than_equal', msg, ctx: { [big ? 'le' : 'ge']: limit } };
}

type LengthFinding = Extract<Finding, { kind: 'length' }>;

function stringEntry({ big, bound }: LengthFinding): Entry {
  const msg = `String should have at ${big ? 'most' : 'least'} ${bound} character${bound === 1 ? '' : 's'}`;
  return {
    type: big ? 'string_too_long' : 'string_too_short',
    msg,
    ctx: { [big ? 'max_length' : 'min_length']: bound },
  };
}

function listEntry({ big, bound, length }: LengthFinding): Entry {
  const msg = `List should have at ${big ? 'most' : 'least'} ${bound} item${bound === 1 ? '' : 's'} after validation, not ${length}`;
  const limit = { [big ? 'max_length' : 'min_length']: bound };
  return {
    type: big ? 'too_long' : 'too_short',
    msg,
    ctx: { field_type: 'List', ...limit, actual_length: length },
  };
}

/** What is said of a value that is not of a type: of a text that cannot be read as one, and of any other. */
const TYPES: Readonly<Record<string, readonly [text: readonly [string, string], other: readonly [string, string]]>> = {
  string: [['string_type', 'a valid string'], ['string_type', 'a valid string']],
  integer: [['int_parsing', 'a valid integer, unable to parse string as an integer'], ['int_type', 'a valid integer']],
  number: [['float_parsing', 'a valid number, unable to parse string as a number'], ['float_type', 'a valid number']],
  boolean: [['bool_parsing', 'a valid boolean, unable to interpret input'], ['bool_type', 'a valid boolean']],
  array: [['list_type', 'a valid list'], ['list_type', 'a valid list']],
  object: [['dict_type', 'a valid dictionary'], ['dict_type', 'a valid dictionary']],
}; // prettier-ignore

const NO_FILE = "Expected UploadFile, received: <class 'str'>";

function typeEntry({ types, value }: Extract<Finding, { kind: 'type' }>): Entry {
  const [type = 'string'] = types;
  if (type === 'file')
    return {
      type: 'value_error',
      msg: `Value error, ${NO_FILE}`,
      ctx: { error: new Raw(`ValueError(${pythonText(NO_FILE)})`) },
    };
  const [text, other] = TYPES[type] ?? TYPES['string']!;
  const [name, what] = typeof value === 'string' ? text : other;
  return { type: name, msg: `Input should be ${what}` };
}
