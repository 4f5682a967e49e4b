/** What the walk over all parameters begins with, and where it looks afterwards, by operation. */
import type { World } from '../examples/world.js';
import { RESOURCE_BASES } from './bases-resources.js';
import { TEXT_BASES } from './bases-texts.js';

/** Bodies, by operation, in which parameters mean something that mean nothing in its example. */
export type Bases = Readonly<Record<string, (world: World) => Promise<object[]> | object[]>>;

export const BASES: Bases = { ...TEXT_BASES, ...RESOURCE_BASES };

/** Operations whose examples can be sent once only. */
export const FRESH = /^(createRun|submitToolOuputsToRun|completeUpload)$/;
