/** The order of test files: those that take long first, so that no processor has nothing to do while the last one runs. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where the files are that take more than some ten seconds. A fresh clone knows no times, and Vitest would go by length. */
const LONG = [
  /\/e2e\/setting-effects\/(bench|server|replay|printed)\./,
  /\/e2e\//,
  /\/contract\/conformance\//,
];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const found = LONG.findIndex((pattern) => pattern.test(moduleId));
  return found < 0 ? LONG.length : found;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rankOf(a) - rankOf(b));
  }
}
