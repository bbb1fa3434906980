import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of what Lambda gives a function of 512 MB after its init: about a third of a processor, in slices of 20 ms. */
const PERIOD_US = 20_000;
const SHARE_US = 6_600;

/** A part of a processor, for processes that write their id to a file. */
export interface ProcessorShare {
  /** A process that writes its id here has the share from then on. */
  file: string;
  remove(): void;
}

/** Undefined where this machine does not let us divide a processor (that takes root, and cgroups). */
export function makeProcessorShare(): ProcessorShare | undefined {
  const isVersion1 = existsSync('/sys/fs/cgroup/cpu');
  const directory = join(isVersion1 ? '/sys/fs/cgroup/cpu' : '/sys/fs/cgroup', `vapi-sync-bench-${process.pid}`);
  try {
    mkdirSync(directory);
    if (isVersion1) {
      writeFileSync(join(directory, 'cpu.cfs_period_us'), String(PERIOD_US));
      writeFileSync(join(directory, 'cpu.cfs_quota_us'), String(SHARE_US));
    } else {
      writeFileSync(join(directory, 'cpu.max'), `${SHARE_US} ${PERIOD_US}`);
    }
  } catch {
    return undefined;
  }
  return { file: join(directory, isVersion1 ? 'tasks' : 'cgroup.procs'), remove: () => rmdirSync(directory) };
}
