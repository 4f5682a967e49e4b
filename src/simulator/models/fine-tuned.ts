/** Ids of fine-tuned models, as OpenAI writes them: `ft:gpt-4o-mini-2024-07-18:acme:suffix:7p4lURel`. */

/** The parts of such an id. */
export interface FineTunedId {
  /** The model that was tuned. */
  base: string;
  organization: string;
  /** Empty when none was given. */
  suffix: string;
  /** Tells the jobs of one base and suffix apart, and has the step of a checkpoint; empty when there is none. */
  job: string;
}

const PATTERN =
  /^ft:([^:]{1,200}):([^:]{1,100})(?::([^:]{0,100}))?(?::([^:]{1,100}(?::ckpt-step-\d{1,9})?))?$/;

/**
 * Takes an id apart.
 *
 * @returns undefined if it is not the id of a fine-tuned model
 */
export function readFineTunedId(id: string): FineTunedId | undefined {
  const match = PATTERN.exec(id);
  if (!match) return undefined;
  const [, base, organization, suffix = '', job = ''] = match;
  return { base: base!, organization: organization!, suffix, job };
}

/** The id of a fine-tuned model. */
export const fineTunedId = ({ base, organization, suffix, job }: FineTunedId): string =>
  `ft:${base}:${organization}:${suffix}:${job}`;

/** The model whose weights a model needs: of a fine-tuned one its base, of all others the model itself. */
export const baseModelOf = (id: string): string =>
  id.startsWith('ft:') ? (readFineTunedId(id)?.base ?? id) : id;
