/** The numbers of a replica that every step changes, for all replicas in one piece of memory. */

/**
 * Numbers per replica, a whole number of the processor's cache lines. As fields of objects each of them would be a pointer to a piece
 * of memory of its own: with hundreds of replicas, none of which is in the caches any more when its turn comes, fetching those was
 * half of what a visit cost.
 */
const WIDTH = 48;

/** Where the parts of a row begin: those that are used together stand together. */
const PARTS = { run: 0, activity: 5, counters: 8, gpu: 32 } as const;

/** A part of the row of a replica: `memory[at]` and what follows. */
export interface Row {
  readonly memory: Float64Array;
  readonly at: number;
}

/** Rows of so many replicas. */
export const replicaRows = (replicas: number): Row[] => {
  const memory = new Float64Array(replicas * WIDTH);
  return Array.from({ length: replicas }, (_, replica) => ({ memory, at: replica * WIDTH }));
};

/** A part of a row. */
export const partOf = ({ memory, at }: Row, part: keyof typeof PARTS): Row => ({
  memory,
  at: at + PARTS[part],
});
