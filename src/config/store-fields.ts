/** Settings of `fakeai server` about what it keeps. */
import { integer, setting, text } from './fields.js';

const GIB = 1024 ** 3;

export const storeFields = {
  data: setting(text().optional(), {
    summary:
      'Folder of stored resources (files, batches, responses …); a temporary one, removed at the end, without it',
    group: 'storage',
    valueName: '<folder>',
  }),
  dataLimit: setting(integer(1, 2 ** 40).default(2 * GIB), {
    summary: 'Most bytes of all stored resources together; what does not fit is refused',
    group: 'storage',
    valueName: '<bytes>',
  }),
};
