/** How busy the machine is while a benchmark runs: what waits for a CPU is late, and its caches are cold. */
import { readFileSync } from 'node:fs';

/** Microseconds in which something on the machine waited for a CPU (Linux); NaN where nobody tells. */
function waitedUs() {
  try {
    return Number(/^some .*total=(\d+)/.exec(readFileSync('/proc/pressure/cpu', 'latin1'))[1]);
  } catch {
    return Number.NaN;
  }
}

/** Starts to watch; the function returned says in words how it was since. */
export function cpuPressure() {
  const fromUs = waitedUs();
  const fromMs = performance.now();
  return () => {
    const share = (waitedUs() - fromUs) / 1000 / (performance.now() - fromMs);
    return Number.isNaN(share)
      ? 'how long anything waited for a CPU is not known'
      : `${Math.round(share * 100)} % of the time something waited for a CPU`;
  };
}
