/** The contents of a dataset: its texts, in the order of the file or another one. */
import { createRandom } from '../lib/random.js';
import type { Content, ContentRequest, NextTurn, Said } from './content.js';
import { sampleLength } from './lengths.js';
import type { Dataset, Workload } from './plan.js';

type DatasetWorkload = Extract<Workload, { kind: 'dataset' }>;

/**
 * Which row request `index` takes. `sequential` repeats the file, `shuffled` repeats it in a new order each time (every
 * row once per round), `random` draws with replacement.
 */
function rowPicker(seed: number, rows: number, order: DatasetWorkload['order']): (index: number) => number {
  if (order === 'sequential') return (index) => index % rows;
  if (order === 'random') return (index) => createRandom(seed, 'row', index).int(rows);
  let round = -1;
  const places = new Uint32Array(rows);
  return (index) => {
    const wanted = Math.floor(index / rows);
    if (wanted !== round) {
      round = wanted;
      const random = createRandom(seed, 'shuffle', round);
      for (let i = 0; i < rows; i++) {
        const j = random.int(i + 1);
        places[i] = places[j]!;
        places[j] = i;
      }
    }
    return places[index % rows]!;
  };
}

/**
 * The contents of a dataset. It has no end: after the last row it begins again. Answers as long as those of the dataset
 * are asked for; where it has none, lengths are drawn from the workload's distribution.
 */
export function datasetContent(seed: number, workload: DatasetWorkload): Content {
  const { dataset, outputTokens } = workload;
  const pick = rowPicker(seed, dataset.turnStart.length - 1, workload.order);
  const decoder = new TextDecoder();

  const outputOf = (turn: number, index: number): number =>
    dataset.outputTokens[turn]! ||
    sampleLength(outputTokens, createRandom(seed, 'output-length', index, turn));

  const jsonOf = (turn: number): string =>
    // A copy: a decoder takes no view of shared memory.
    decoder.decode(dataset.text.slice(dataset.textStart[turn], dataset.textStart[turn + 1]));

  const nextOf = (turn: number, end: number, index: number): NextTurn | undefined =>
    turn >= end || !workload.sessions
      ? undefined
      : {
          delayMs: dataset.delayMs[turn]!,
          inputTokens: dataset.inputTokens[turn]!,
          outputTokens: outputOf(turn, index),
          messages: () => jsonOf(turn),
          next: () => nextOf(turn + 1, end, index),
        };

  return {
    count: Number.POSITIVE_INFINITY,
    at: (index): ContentRequest => {
      const row = pick(index);
      const [turn, end] = [dataset.turnStart[row]!, dataset.turnStart[row + 1]!];
      return {
        inputTokens: dataset.inputTokens[turn]!,
        outputTokens: outputOf(turn, index),
        say: () => saidOf(dataset, turn, jsonOf(turn)),
        next: nextOf(turn + 1, end, index),
      };
    },
  };
}

const saidOf = (dataset: Dataset, turn: number, json: string): Said =>
  dataset.holds === 'bodies'
    ? { kind: 'body', members: json, asksTokens: dataset.outputTokens[turn]! > 0 }
    : { kind: 'messages', messages: json };
