/** Shells in containers: commands are written, and what they would print is made up. None is run. */
import { createRandom } from '../../../../lib/random.js';
import { relevance } from '../../../../simulator/content/tool-choice.js';
import {
  runShell,
  SHELL_FOLDER,
  type ShellFile,
  type ShellOutcome,
} from '../../../../simulator/shell/run.js';
import { type ContainerRecord, filesOfContainer, type MountedSkill } from '../containers/records.js';
import { textsInZip } from '../skills/zip.js';
import { fileNamedIn } from './call-texts.js';
import { shellCallView } from './client-tools.js';
import { containerFor, fileCitations, leaveFile, type LeftFile, tellOf } from './hosted-container.js';
import type { HostedAsk, HostedPlan, PlanContext } from './hosted-plans.js';
import type { ItemView } from './item-view.js';

const LIMITS = { timeout_ms: 120_000, max_output_length: 4096 };
/** How long a command runs, in tokens. */
const COMMAND_STEPS = 4;
/** Of larger files no text is read. */
const MAX_TEXT_BYTES = 64 * 1024;
const MAX_SKILL_FILES = 200;

/** @throws ApiError for a container or a skill that cannot be used */
export async function planShell(plans: PlanContext, ask: HostedAsk): Promise<HostedPlan> {
  const { context, digest } = plans;
  const container = await containerFor(plans, ask, 'environment', 'Shell');
  const before = await filesIn(plans, container);
  const commands = commandsFor(ask.words, before, container.skills ?? []);
  const machine = {
    files: [...before],
    nowS: container.createdS,
    random: createRandom(context.seed, 'shell', digest.high, digest.low),
    reaches: (host: string) =>
      (container.domains ?? []).some((domain) => host === domain || host.endsWith(`.${domain}`)),
  };
  const outcomes = commands.map((command) => runShell(command, machine));
  const files: LeftFile[] = [];
  for (const { path, text = '' } of machine.files.filter((file) => !before.includes(file)))
    if (path.startsWith(`${SHELL_FOLDER}/`))
      files.push(
        await leaveFile(plans, container.id, path.slice(SHELL_FOLDER.length + 1), Buffer.from(text)),
      );
  const outputs = outcomes.map(outputJson);
  return {
    call: { name: ask.kind, text: JSON.stringify({ commands }) },
    view: (callId) => hostedShell(container.id, callId, outputs, files),
    steps: 1 + COMMAND_STEPS * commands.length,
    read: JSON.stringify(outputs) + skillsText(container.skills ?? []),
    lead: leadOf(commands, outcomes, files),
  };
}

/** What there is to see: files and those of skills, with the texts of what is not too large. */
async function filesIn({ context }: PlanContext, { id, skills = [] }: ContainerRecord): Promise<ShellFile[]> {
  const store = await context.store();
  const files: ShellFile[] = [];
  for (const { path, bytes, blob } of await filesOfContainer(store, id)) {
    const content = bytes <= MAX_TEXT_BYTES ? await store.readBlob(blob) : undefined;
    const text = content?.includes(0) ? undefined : content?.toString('utf8');
    files.push({ path, bytes, text });
  }
  for (const { path: folder, blob } of skills) {
    const zip = await store.readBlob(blob);
    if (!zip) continue;
    for (const { path, ...file } of textsInZip(zip, MAX_SKILL_FILES, MAX_TEXT_BYTES))
      files.push({ ...file, path: `${folder}/${path.replace(/^[^/]+\/(?=.)/, '')}` });
  }
  return files;
}

/** What the model is told of skills. */
const skillsText = (skills: readonly MountedSkill[]): string =>
  skills.map(({ name, description, path }) => `\n${name}: ${description} (${path}/SKILL.md)`).join('');

const COMMAND = /`([^`]{1,4000})`|\b(?:execute|run)(?: the)?(?: shell)?(?: commands?)?\s*:\s*([^]{1,4000})/i;
const WRITES = /\b(?:create|write|save|make|generate)\b/i;

/** What the user asks for: a command in so many words, a skill, a file to write or to read, or else a look around. */
function commandsFor(words: string, files: readonly ShellFile[], skills: readonly MountedSkill[]): string[] {
  const [, quoted, said] = COMMAND.exec(words) ?? [];
  const command = (quoted ?? said)?.trim();
  if (command) return [command];
  const skill = skills.find(
    ({ name, description }) => relevance({ type: 'function', name, description }, words) > 1,
  );
  if (skill) return [`cat ${skill.path}/SKILL.md`, `ls ${skill.path}`];
  const named = fileNamedIn(words);
  if (named !== undefined && WRITES.test(words)) {
    const line = words.replaceAll(/\s+/g, ' ').replaceAll("'", '’').trim().slice(0, 200);
    return [
      `echo '${line}' > ${SHELL_FOLDER}/${named.slice(named.lastIndexOf('/') + 1)}`,
      `ls -la ${SHELL_FOLDER}`,
    ];
  }
  const there = named === undefined ? undefined : files.find(({ path }) => path.endsWith(`/${named}`));
  if (there) return [`cat ${there.path}`];
  return [`ls -la ${SHELL_FOLDER}`];
}

const cut = (text: string): string => text.slice(0, LIMITS.max_output_length);
const outputJson = ({ stdout, stderr, exitCode }: ShellOutcome) => ({
  stdout: cut(stdout),
  stderr: cut(stderr),
  outcome: { type: 'exit', exit_code: exitCode },
});

/** Longest output that is told of word by word. */
const MAX_TOLD = 200;

function leadOf(
  commands: readonly string[],
  outcomes: readonly ShellOutcome[],
  files: readonly LeftFile[],
): string {
  const { stdout, stderr, exitCode } = outcomes.at(-1)!;
  const said = (exitCode === 0 ? stdout : stderr).trim();
  const shown = said !== '' && said.length <= MAX_TOLD && !said.includes('\n') ? `: ${said}` : '.';
  const [command] = commands.at(-1)!.split('\n');
  const told = `\`${command!.slice(0, MAX_TOLD)}\` ended with exit code ${exitCode}${shown}`;
  return [told, tellOf(files)].filter(Boolean).join(' ');
}

/** The call, and behind it its output. */
function hostedShell(
  containerId: string,
  callId: string,
  outputs: readonly ReturnType<typeof outputJson>[],
  files: readonly LeftFile[],
): ItemView {
  const call = shellCallView({ type: 'container_reference', container_id: containerId }, LIMITS)(callId);
  return { ...call, steps: 1, next: () => shellOutput(callId, outputs, files) };
}

function shellOutput(
  callId: string,
  outputs: readonly ReturnType<typeof outputJson>[],
  files: readonly LeftFile[],
): ItemView {
  const type = 'shell_call_output';
  const base = { type, call_id: callId, max_output_length: LIMITS.max_output_length };
  return {
    type,
    steps: COMMAND_STEPS * outputs.length,
    begin: (id) => ({ id, ...base, status: 'in_progress', output: [] }),
    stepped: (steps, say) => {
      if (steps % COMMAND_STEPS !== 0) return;
      const index = steps / COMMAND_STEPS - 1;
      const output = outputs[index]!;
      const at = { command_index: index };
      const { stdout, stderr } = output;
      const delta = { ...(stdout !== '' && { stdout }), ...(stderr !== '' && { stderr }) };
      say('response.shell_call_output_content.delta', { ...at, delta });
      say('response.shell_call_output_content.done', { ...at, output: [output] });
    },
    done: () => ({ status: 'completed', output: outputs }),
    citations: (text) => fileCitations(files, text),
  };
}
