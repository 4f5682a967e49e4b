/** The code interpreter: programs are written, and what they print and leave is worked out without running them. */
import { createRandom } from '../../../../lib/random.js';
import { type FileProgram, fileProgramFor } from '../../../../simulator/python/files.js';
import { programFor } from '../../../../simulator/python/program.js';
import { mediaWork } from '../../../media/media-pool.js';
import { filesOfContainer } from '../containers/records.js';
import { containerFor, leaveFile, tellOf } from './hosted-container.js';
import type { HostedAsk, HostedPlan, PlanContext } from './hosted-plans.js';
import { codeInterpreter } from './hosted-views.js';

/** How long a program runs, in tokens: one that prints, and one that draws. */
const STEPS = 2;
const DRAWING_STEPS = 12;

/** @throws ApiError for a container that cannot be used */
export async function planCode(plans: PlanContext, ask: HostedAsk): Promise<HostedPlan> {
  const { context, digest, include } = plans;
  const container = await containerFor(plans, ask, 'container', 'Code interpreter');
  const random = createRandom(context.seed, 'program', digest.high, digest.low);
  const leaving = fileProgramFor(ask.words, random);
  const shows = include.has('code_interpreter_call.outputs');
  if (!leaving) {
    const files = await filesOfContainer(await context.store(), container.id);
    const seen = files.map(({ path, bytes }) => ({ name: path.slice(path.lastIndexOf('/') + 1), bytes }));
    const { code, logs } = programFor(ask.query, seen);
    const result = logs.trim();
    return {
      call: { name: ask.kind, text: code },
      view: () => codeInterpreter({ container: container.id, logs, files: [], steps: STEPS }, shows),
      steps: STEPS,
      read: logs,
      ...(/^[-\d.]+$/.test(result) && { lead: `The result is ${result}.` }),
    };
  }
  const bytes = await bytesOf(leaving);
  const file = await leaveFile(plans, container.id, leaving.filename, bytes);
  const isChart = typeof leaving.content !== 'string';
  const image = isChart ? `data:image/png;base64,${bytes.toString('base64')}` : undefined;
  const steps = isChart ? DRAWING_STEPS : STEPS;
  const { code, logs } = leaving;
  return {
    call: { name: ask.kind, text: code },
    view: () => codeInterpreter({ container: container.id, logs, image, files: [file], steps }, shows),
    steps,
    read: logs,
    lead: tellOf([file]),
  };
}

async function bytesOf({ content }: FileProgram): Promise<Buffer> {
  if (typeof content === 'string') return Buffer.from(content, 'utf8');
  return Buffer.from(await mediaWork<'chart'>({ kind: 'chart', chart: content }));
}
