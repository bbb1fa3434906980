/**
 * How long this process has been computing since it began, in ms. A bound on the work of a test is a bound on this:
 * what a clock shows grows with all that the machine does besides.
 */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
