/** How dcgm-exporter labels the XID error that a GPU reported last. */
import { KeptLabels } from '../../lib/exposition.js';

/** What the codes mean that happen most; the exporter says it in a label. */
const XID_TEXTS: Readonly<Record<number, string>> = {
  0: 'No Error',
  13: 'Graphics Engine Exception',
  31: 'GPU memory page fault',
  48: 'Double Bit ECC Error',
  63: 'Row remapping recorded',
  64: 'Row remapping failed',
  74: 'NVLink Error',
  79: 'GPU has fallen off the bus',
  92: 'High single-bit ECC error rate',
  94: 'Contained memory error',
  95: 'Uncontained memory error',
  119: 'GSP RPC timeout',
};

const LABELS = new KeptLabels((_name, code) => ({
  err_code: code,
  err_msg: XID_TEXTS[code] ?? 'Unknown Error',
}));

/** Code and meaning, as written between the braces. */
export const xidLabels = (code: number): string => LABELS.of('', code);
