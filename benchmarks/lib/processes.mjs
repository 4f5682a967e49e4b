/** Child processes for benchmarks. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

/** The path of a file beside this one. */
export const beside = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Starts a script that prints its port as the first line.
 *
 * @returns the port and a function that ends the process
 */
export async function startTarget(script, ...args) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    port: Number(line),
    stop: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** Runs a script to its end; its last line of output is JSON. */
export async function runClient(script, ...args) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${script} exited with ${code}`);
  return JSON.parse(output.trim().split('\n').at(-1));
}
