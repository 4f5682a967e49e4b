/**
 * How V8 collects short-lived memory. Flags of V8 are those of a whole process: only programs set them that have it to themselves.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * From now on each thread collects its short-lived memory by itself. V8 has helper threads take part in it, for which a thread waits:
 * where no processor is free for them, as while clients run on the same machine, that is most of the pause. Of what a server makes for its
 * answers next to nothing survives, so that there is little to share.
 */
export const collectAlone = (): void => setFlagsFromString('--no-parallel-scavenge');
