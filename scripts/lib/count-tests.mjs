// node count-tests.mjs RESULTS TESTS_EXIT STATIC_EXIT: prints what failed and, last, the counts; exits with 1 on any failure.
import { readFileSync } from 'node:fs';

const [path, testsExit, staticExit] = process.argv.slice(2);
const failures = [];

function readResults() {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    failures.push('the tests left no results');
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  }
}

const results = readResults();
// A file that cannot be loaded has no failed test of its own.
for (const file of results.testResults) {
  const hasFailedTest = file.assertionResults.some(({ status }) => status === 'failed');
  if (file.status === 'failed' && !hasFailedTest) failures.push(`${file.name}: ${file.message}`);
}
if (Number(testsExit) !== 0 && results.numFailedTests + failures.length === 0)
  failures.push(`npm test exited with ${testsExit}`);
if (Number(staticExit) !== 0) failures.push(`npm run check:static exited with ${staticExit}`);

for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`);
const failed = results.numFailedTests + failures.length;
const skipped = results.numPendingTests + results.numTodoTests;
process.stdout.write(
  `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
);
process.exitCode = failed > 0 ? 1 : 0;
