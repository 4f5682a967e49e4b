/** What `replay` has beside the fields of every run: which trace, which part of it, how fast. */
import { choice, duration, integer, positive, setting } from './fields.js';

export const replayFields = {
  format: setting(choice(['auto', 'mooncake', 'bailian', 'azure', 'burstgpt', 'recorded']).default('auto'), {
    summary: 'Format of the trace; auto looks at its first line',
    group: 'trace',
  }),
  speed: setting(positive().default(1), {
    summary: 'Play the trace this many times faster',
    group: 'trace',
    valueName: '<factor>',
  }),
  limit: setting(integer(1).optional(), {
    summary: 'Play only the first rows',
    group: 'trace',
    char: 'n',
    valueName: '<rows>',
  }),
  from: setting(duration('s').optional(), {
    summary: 'Play the trace from this time after its first row on',
    group: 'trace',
    valueName: '<duration>',
  }),
  to: setting(duration('s').optional(), {
    summary: 'Play the trace up to this time after its first row',
    group: 'trace',
    valueName: '<duration>',
  }),
  minInputTokens: setting(integer(1).optional(), {
    summary: 'Leave out rows with a shorter prompt',
    group: 'trace',
    valueName: '<n>',
  }),
  maxInputTokens: setting(integer(1).optional(), {
    summary: 'Leave out rows with a longer prompt',
    group: 'trace',
    valueName: '<n>',
  }),
  minOutputTokens: setting(integer(1).optional(), {
    summary: 'Leave out rows with a shorter answer',
    group: 'trace',
    valueName: '<n>',
  }),
  maxOutputTokens: setting(integer(1).optional(), {
    summary: 'Leave out rows with a longer answer',
    group: 'trace',
    valueName: '<n>',
  }),
  dequantize: setting(duration('s').optional(), {
    summary: 'Spread instants that were recorded in whole steps of this length evenly over the step',
    group: 'trace',
    valueName: '<duration>',
  }),
};
