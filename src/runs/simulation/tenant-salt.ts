/** Whose cached blocks a simulated request may share. */
import type { Sender } from '../../workloads/senders.js';

/** Tenants share no blocks with each other; requests without one share theirs. */
export const tenantSalt = (sender: Sender | undefined): string | undefined =>
  sender?.tenant === undefined ? undefined : `tenant-${sender.tenant}`;
